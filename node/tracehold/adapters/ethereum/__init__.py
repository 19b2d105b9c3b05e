"""The Ledger port over a JSON-RPC chain with the anchoring contract (contracts/, docs/spec/contract.md)."""
