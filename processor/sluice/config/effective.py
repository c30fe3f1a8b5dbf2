"""The configuration that is in force, as YAML that `load` reads back; secrets are masked."""

from __future__ import annotations

import re
from typing import Any

import yaml
from msgspec import inspect

from sluice.config.document import CORE_SCHEMA, TAG
from sluice.config.model import Config, Exporters, NopExporter, PolicyConfig
from sluice.config.notyet import NOT_YET
from sluice.config.units import Action, Duration, Share

MASKED = "****"


def effective(config: Config) -> str:
    """Every key that has an effect, with its default where none was given; unset optional keys are left out."""
    return _written(config)


def policy_alone(policy: PolicyConfig) -> str:
    """A configuration that has this policy in full and else only what it cannot do without."""
    return _written(Config(policy=policy, exporters=Exporters(nop=NopExporter())), "policy", "exporters")


def _written(config: Config, *sections: str) -> str:
    tree = _plain(inspect.type_info(Config), config)
    for row in NOT_YET:
        if not row.values:
            _remove(tree, row.path)
    chosen = {section: tree[section] for section in sections} if sections else tree
    return yaml.dump(chosen, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Quotes text that YAML 1.1 or 1.2 would read as something else, so that other tools may read the output too."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _kind, _form, _first in CORE_SCHEMA:
    _Dumper.add_implicit_resolver(TAG + _kind, _form, _first)


def _plain(kind: inspect.Type, value: Any, *, secret: bool = False) -> Any:
    match kind:
        case inspect.Metadata():
            return _plain(kind.type, value, secret=secret or bool((kind.extra or {}).get("secret")))
        case inspect.UnionType():
            [inner] = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
            return _plain(inner, value, secret=secret)
        case inspect.StructType():
            fields = ((field, getattr(value, field.name)) for field in kind.fields)
            return {field.encode_name: _plain(field.type, item) for field, item in fields if item is not None}
        case inspect.VarTupleType():
            return [_plain(kind.item_type, item) for item in value]
        case inspect.DictType():
            return {key: _plain(kind.value_type, item) for key, item in value.items()}
    if isinstance(value, Duration | Share | Action):
        return str(value)
    if isinstance(value, str):
        return MASKED if secret else _escaped(value)
    return value


def _escaped(text: str) -> str:
    """So that `load` finds no reference where there was none."""
    return re.sub(r"\$(?=[${])", "$$", text)


def _remove(tree: Any, path: tuple[str | int, ...]) -> None:
    for key in path[:-1]:
        tree = tree.get(key, {})
    tree.pop(path[-1], None)
