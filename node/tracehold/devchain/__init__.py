"""The embedded chain: a program of its own behind Ethereum's JSON-RPC, for one laptop and for tests.

py-evm executes (Prague rules), SQLite keeps, one process seals. It behaves to its clients as any Ethereum
node does, and it proves nothing to strangers: whoever runs it can rewrite it.

    program     starts, serves until a signal, stops        verifying   executes a stored chain again
    server      HTTP: one POST, one answer                  rpc         JSON-RPC 2.0: batches, errors
    methods/    the method table                            params      from untrusted JSON to values
    chain       founds, admits, seals                       shapes      from values to JSON
    sealer      when a block is sealed                      view        what is committed, to read
    pool        waiting transactions                        admission   what may enter the pool
    engine      py-evm: genesis and blocks                  calls       eth_call, eth_estimateGas
    store       one durable transaction per block           logindex    event logs, to be searched
    mined       a transaction in its block                  errors      codes that callers see
    report      lines that the operator sees
"""
