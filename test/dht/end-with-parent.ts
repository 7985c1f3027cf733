/** Loaded into a process of a test before its own code: when the test is gone, however it went, its standard input ends, and the process with it. */

process.stdin.on('end', () => process.exit()).on('error', () => process.exit());
process.stdin.resume();
