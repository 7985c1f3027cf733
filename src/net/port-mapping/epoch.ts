/** Whether a router has restarted, told by how its clock runs beside ours (RFC 6887 §8.5, RFC 6886 §3.6). Owns the last reading. */

export class Epoch {
  private serverSeconds: number | null = null;
  private clientSeconds = 0;

  /** A reading of the router's clock at a time of ours, both in seconds. True when the router has lost what it was told. */
  read(serverSeconds: number, clientSeconds: number): boolean {
    const before = this.serverSeconds;
    const serverDelta = serverSeconds - (before ?? serverSeconds);
    const clientDelta = clientSeconds - this.clientSeconds;
    this.serverSeconds = serverSeconds;
    this.clientSeconds = clientSeconds;
    if (before === null) return false;
    // A second backwards is an answer that was overtaken. Clocks may differ by a sixteenth, and by two seconds.
    if (serverDelta < -1) return true;
    return clientDelta + 2 < serverDelta - serverDelta / 16 || serverDelta + 2 < clientDelta - clientDelta / 16;
  }
}
