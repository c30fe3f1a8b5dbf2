"""From facts to decisions: policy, guards, registry, and where they are kept and shared."""
