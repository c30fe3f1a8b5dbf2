"""Schemas as both APIs take them."""

from __future__ import annotations

from typing import Any


def loose(schema: Any) -> str | None:
    """Why a schema is not strict."""
    if isinstance(schema, list):
        return next(filter(None, map(loose, schema)), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            return "Invalid schema: 'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", ())) != set(schema.get("properties", {})):
            return "Invalid schema: 'required' is required to be an array including every key in properties."
    return loose(list(schema.values()))


def smallest(schema: dict[str, Any]) -> Any:
    """A value that keeps to the schema."""
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    if "anyOf" in schema:
        return smallest(schema["anyOf"][0])
    kind = schema.get("type", "null")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        return {name: smallest(of) for name, of in schema.get("properties", {}).items()}
    values: dict[str, Any] = {"array": [], "string": "", "integer": 0, "number": 0, "boolean": True}
    return values.get(kind)
