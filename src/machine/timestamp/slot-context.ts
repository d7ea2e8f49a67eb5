/**
 * Views of a stream in which instructions do nothing but say what they would hand to a unit. Decoding reads register slots
 * instead of registers, so that an operation tells where its numbers come from; observing reads the registers.
 */
import type {
  Instruction,
  InstructionContext,
  MatrixPlace,
  MatrixSlot,
  Place,
  Slot,
  Source,
  UnitOperation,
} from '../../../isa/index.js';

/** The operation that an instruction hands over, with every number as `read` gives it; undefined if it hands none. */
export function operationOf(
  { spec, operands, modifiers }: Instruction,
  read: (source: Source) => number,
): UnitOperation | undefined {
  const context = new OperationContext(read);
  spec.execute(context, operands, modifiers);
  return context.operation;
}

class OperationContext implements InstructionContext {
  operation: UnitOperation | undefined;

  constructor(readonly read: (source: Source) => number) {}

  place({ id, index }: Slot): Place {
    return { id, index: this.read(index) };
  }

  placeOf(slot: MatrixSlot): MatrixPlace {
    return { ...this.place(slot), memory: slot.memory };
  }

  enqueue(operation: UnitOperation): null {
    this.operation = operation;
    return null;
  }

  write(): void {}
  jump(): void {}
  halt(): void {}
  nextTile(): null {
    return null;
  }
  phaseComplete(): boolean {
    return true;
  }
  arrive(): void {}
  commitMma(): void {}
  mmaGroupsInFlight(): number {
    return 0;
  }
  storesInFlight(): number {
    return 0;
  }
}
