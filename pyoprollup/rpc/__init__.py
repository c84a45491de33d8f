"""JSON-RPC, apart from what is said over it: requests and answers, the HTTP transport, JWT authentication.

Specification: JSON-RPC 2.0; execution-apis, engine/authentication.md.
"""

__all__: list[str] = []
