/** What is wrong with an RPC request, as remotes show it. Owns no state. */

export class RpcProblem extends Error {
  override readonly name = 'RpcProblem';
}
