"""The Ledger port over a JSON-RPC chain that has the anchoring contract (contracts/, docs/spec/contract.md)."""
