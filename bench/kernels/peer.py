"""Other people's kernels, timed on request: one request a line on standard input, seconds on standard output.

Started by peers.ts with the name of a module (numpy, torch or ml_dtypes). Prints "absent <reason>" if it is not installed.
"""
import sys
import time

module = sys.argv[1]
rows, cols, depth = (int(x) for x in sys.argv[2:5])
try:
    if module == "torch":
        import torch

        torch.set_num_threads(1)
        version = torch.__version__
    elif module == "ml_dtypes":
        import ml_dtypes
        import numpy

        version = ml_dtypes.__version__
    else:
        import os

        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ[name] = "1"
        import numpy

        version = numpy.__version__
except ImportError as error:
    print(f"absent {error}", flush=True)
    sys.exit(0)


def torch_jobs():
    a, b = torch.randn(rows, depth), torch.randn(cols, depth)
    codes = torch.randint(0, 255, (cols, depth // 2), dtype=torch.uint8)
    left = torch.randint(0, 255, (rows, depth // 2), dtype=torch.uint8)
    table = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6])
    scales = torch.rand(cols, depth // 16) + 0.5
    left_scales = torch.rand(rows, depth // 16) + 0.5

    def decode(packed, scale):
        nibbles = torch.stack((packed & 15, packed >> 4), -1).flatten(1)
        return (table[nibbles.int()].view(packed.shape[0], -1, 16) * scale.unsqueeze(-1)).flatten(1)

    return {
        "matmul": lambda: a @ b.T,
        "end-to-end": lambda: decode(left, left_scales) @ decode(codes, scales).T,
    }


def numpy_jobs():
    a = numpy.random.randn(rows, depth).astype(numpy.float32)
    b = numpy.random.randn(cols, depth).astype(numpy.float32)
    return {"matmul": lambda: a @ b.T}


def ml_dtypes_jobs():
    data = numpy.random.randn(512, 1024).astype(numpy.float32)
    return {"cast": lambda: data.astype(ml_dtypes.float4_e2m1fn)}


jobs = {"torch": torch_jobs, "numpy": numpy_jobs, "ml_dtypes": ml_dtypes_jobs}[module]()
print(f"ready {version} {','.join(jobs)}", flush=True)
for line in sys.stdin:
    job = jobs[line.strip()]
    start = time.perf_counter()
    job()
    print(time.perf_counter() - start, flush=True)
