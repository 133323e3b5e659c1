"""The house's rules, read from the source with ``ast``: who may import whom, who may move what, how long files are."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "communities": set(),
    "requests": {"communities"},
    "volunteers": {"communities"},
    "notifications": {"communities"},
    "dispatch": {"communities", "requests", "volunteers", "notifications"},
}
"""The project itself (linzhu/) may import all."""
APPS = set(MAY_IMPORT)
NOT_OUR_CODE = {".venv", ".typings", "migrations", "node_modules", "var", "build", "dist"}

# Who moves a model's status or state: nobody else writes it, in whatever way.
LIFECYCLES = {
    "requests/lifecycle.py",
    "requests/elder_state.py",
    "volunteers/lifecycle.py",
    "notifications/optout.py",
    "notifications/outbox.py",
    "notifications/relay.py",
    "notifications/receipts.py",
    "notifications/voice/calls.py",
    "notifications/voice/reports.py",
    "dispatch/offers.py",
    "dispatch/assignments.py",
    "dispatch/decisions.py",
    "dispatch/cash.py",
    "dispatch/emergency/roll_call.py",
}
MOVED = {"status", "state"}
LONGEST_FILE = 300


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders or (".",):
        for path in (ROOT / folder).rglob("*.py"):
            if not NOT_OUR_CODE & set(path.relative_to(ROOT).parts):
                yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def app_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "linzhu" and parts[1] in APPS else None


@pytest.mark.parametrize("app", sorted(APPS))
def test_app_imports_only_what_it_may(app):
    strays = [
        f"{name_of(path)} imports {module}"
        for path in sources(app)
        for module in imported(tree_of(path))
        if (other := app_of(module)) and other != app and other not in MAY_IMPORT[app]
    ]
    assert strays == []


@pytest.mark.parametrize("app", sorted(APPS))
def test_app_does_not_import_the_project(app):
    """Apps know each other, not what assembles them."""
    strays = [
        f"{name_of(path)} imports {module}"
        for path in sources(app)
        for module in imported(tree_of(path))
        if module.startswith("linzhu.") and app_of(module) is None and module != "linzhu.environment"
    ]
    assert strays == []


def test_nobody_imports_an_app_without_the_umbrella():
    strays = [
        f"{name_of(path)} imports {module}"
        for path in sources()
        for module in imported(tree_of(path))
        if module.split(".")[0] in APPS - {"requests"}
    ]
    assert strays == []


def test_http_library_is_not_hidden():
    """A requests/__init__.py would hide the library that twilio imports (docs/decisions/0001)."""
    assert not (ROOT / "requests" / "__init__.py").exists()
    import requests

    assert hasattr(requests, "Session")


def writes_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of every write to a moved field: ``x.status = …``, ``.update(status=…)``, ``setattr``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr in MOVED:
                    yield node.lineno, target.attr
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"update", "bulk_update", "aupdate", "update_or_create"}:
                yield from ((node.lineno, word.arg) for word in node.keywords if word.arg in MOVED)
            elif called == "setattr" and len(node.args) > 1 and getattr(node.args[1], "value", "") in MOVED:
                yield node.lineno, node.args[1].value


def test_only_lifecycles_move():
    strays = [
        f"{name_of(path)}:{line} writes .{field}"
        for path in sources(*APPS, "linzhu")
        if name_of(path) not in LIFECYCLES
        for line, field in writes_of(tree_of(path))
    ]
    assert strays == []


@pytest.mark.parametrize(
    "code",
    ["x.status = 1", "x.state += 1", "q.update(status='done')", "setattr(x, 'status', 1)", "x.y.status: str = ''"],
)
def test_a_write_is_noticed(code):
    assert list(writes_of(ast.parse(code)))


@pytest.mark.parametrize("code", ["x.status == 1", "q.filter(status='done')", "{'a': 1}.update(other=2)", "status = 1"])
def test_a_read_is_not_taken_for_a_write(code):
    assert not list(writes_of(ast.parse(code)))


def test_news_travels_by_two_signals_only():
    """No receivers of model signals: what happens on a change is called, and can be read."""
    forbidden = {"post_save", "pre_save", "post_delete", "pre_delete", "m2m_changed", "post_init", "pre_init"}
    strays = [
        f"{name_of(path)} imports {module}"
        for path in sources(*APPS, "linzhu")
        for module in imported(tree_of(path))
        if module.rpartition(".")[2] in forbidden
    ]
    assert strays == []


def test_no_model_overrides_save():
    strays = [
        f"{name_of(path)}: {node.name}.{item.name}"
        for path in sources(*APPS, "linzhu")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and not any("Form" in ast.unparse(base) for base in node.bases)
        for item in node.body
        if isinstance(item, ast.FunctionDef) and item.name in {"save", "delete"}
    ]
    assert strays == []


def test_files_are_short():
    long = {
        name_of(path): lines
        for path in sources(*APPS, "linzhu", "benchmarks")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_analysers_see_every_module():
    """.typings/linzhu links each app and each module of the project: mypy knows no other way to them."""
    linked = {path.name for path in (ROOT / ".typings" / "linzhu").iterdir() if path.is_symlink() and path.exists()}
    own = {path.name for path in (ROOT / "linzhu").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert linked == own | APPS, "run `make links`"
