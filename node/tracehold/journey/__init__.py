"""The way of a record: one log, its followers, and the questions.

1. `upload`  takes statements and delegated events, and answers at the state asked for.
2. `check`   holds the numbered rules; each refuses with a stable code and a path.
3. `seal`    is the one writer of the log: a batch, one durable transaction, then the answers.
4. `follow`  is what followers share: the bell that wakes them, and patience while something is unavailable.
5. `anchor`  (follower) puts checkpoints on the ledger, once each, and keeps their proofs when they are final.
             How far it is stands in the anchor tasks.
6. `index`   (follower) derives relations into the graph; the graph can be dropped and made again. How far it
             is stands in the graph itself.
7. `locate`, `trace`, `verify` are the questions; what they answer is checked against the anchored tree.

`ports` names the outside things (RecordLog, Ledger, Graph, Peers) with their promises. Nothing here knows
protobuf, a clock, randomness or I/O: the time is an argument `now()`, waiting is an argument `sleep()`.
"""
