"""The embedded chain: a program of its own behind Ethereum's JSON-RPC, for one laptop and for tests.

py-evm executes (Prague rules), SQLite keeps, one process seals. It behaves to its clients as any Ethereum
node does, and it proves nothing to strangers: whoever runs it can rewrite it.

    program     starts, serves until a signal, stops        verifying   checks a stored chain from genesis
    server      HTTP: one POST, one answer                  rpc         JSON-RPC 2.0: batches, errors
    methods/    the method table                            params      hex in, values out
    chain       admits, seals, keeps in step                view        what is committed, to read
    engine      py-evm: genesis and blocks                  calls       eth_call and eth_estimateGas
    pool        waiting transactions                        admission   what may enter the pool
    store       one durable SQLite transaction per block    logindex    event logs, to be searched
"""
