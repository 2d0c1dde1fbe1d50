// A process that takes the lock of a data directory, says so, and keeps it until it is killed.
import { lockDataDirectory } from '../../src/storage/data-directory-lock.ts';

try {
  await lockDataDirectory(process.argv[2] ?? '');
  process.stdout.write('held\n');
  setInterval(() => {}, 1_000);
} catch (error) {
  process.stdout.write(`refused: ${error instanceof Error ? error.message : 'unknown'}\n`);
}
