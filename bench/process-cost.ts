/** What a process group cost: CPU seconds and memory from /proc, and how busy the rest of the machine was meanwhile (proc(5)). */

import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;

export interface ProcessCost {
  /** User and system time of all threads, in seconds. */
  readonly cpuS: number;
  /** Peak resident memory in MB (10^6 bytes); mapped files count, so libtorrent's includes the content it mapped. */
  readonly peakMb: number;
  /** Resident memory now, and its part that is not backed by a file. */
  readonly residentMb: number;
  readonly anonymousMb: number;
}

/** The cost so far of all processes in the group that `pid` leads; zero for what has ended. */
export function costOf(pid: number): ProcessCost {
  const total = { cpuS: 0, peakMb: 0, residentMb: 0, anonymousMb: 0 };
  for (const member of membersOf(pid)) {
    const stat = statFields(member);
    const status = read(`/proc/${member}/status`);
    if (stat === null || status === null) continue;
    total.cpuS += (Number(stat[11]) + Number(stat[12])) / TICKS_PER_S;
    total.peakMb += kilobytes(status, 'VmHWM') / 1e3;
    total.residentMb += kilobytes(status, 'VmRSS') / 1e3;
    total.anonymousMb += kilobytes(status, 'RssAnon') / 1e3;
  }
  return total;
}

/** CPU seconds that the whole machine has spent working since it started. */
export function machineCpuS(): number {
  const fields = (read('/proc/stat') ?? '').split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_S;
}

/** CPU seconds of this process itself. */
export function ownCpuS(): number {
  const usage = process.cpuUsage();
  return (usage.user + usage.system) / 1e6;
}

function membersOf(leader: number): number[] {
  const members: number[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (Number.isInteger(pid) && Number(statFields(pid)?.[2]) === leader) members.push(pid);
  }
  return members;
}

/** The fields of /proc/pid/stat from the third (state) on: 2 is the process group, 11 and 12 are user and system ticks. */
function statFields(pid: number): string[] | null {
  const text = read(`/proc/${pid}/stat`);
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function kilobytes(status: string, field: string): number {
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024) / 1000;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // The process has ended between two looks.
  }
}
