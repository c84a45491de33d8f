"""JSON-RPC, without any methods: requests and responses, the HTTP transport, JWT authentication.

Specification: JSON-RPC 2.0; execution-apis, engine/authentication.md.
"""

__all__: list[str] = []
