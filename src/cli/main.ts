#!/usr/bin/env node
/** The command line: names, options and help. Each command's work is loaded when it is asked for. */
import { runCli } from './program.js';

process.exitCode = await runCli(process.argv.slice(2));
