"""What the pages say of the project is there: files, sections, commands."""

import importlib
import importlib.util
import pathlib
import re
import shlex

import pytest

OURS = ("tftag", "pipelines", "experiments", "docs")
ROOT = pathlib.Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "saved_models" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
# All but the page that also tells of names that are gone.
NOW = [page for page in PAGES if page.name.upper() != "CHANGELOG.MD"]


def ids(page):
    return str(page.relative_to(ROOT))


def text_of(page: pathlib.Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: pathlib.Path) -> str:
    return re.sub(r"^```.*?^```", "", text_of(page), flags=re.M | re.S)


def anchors(page: pathlib.Path) -> set[str]:
    """Those of GitHub: small letters, blanks as hyphens, no other signs."""
    heads = re.findall(r"^#+ (.+)", prose_of(page), re.M)
    return {
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads
    }


def commands() -> dict[tuple[str, ...], set[str]]:
    """Modules with their subcommands, and the flags that pages give them."""
    found = {}
    for page in NOW:
        text = text_of(page).replace("\\\n", " ")
        for line in re.findall(r"python -m [^\n`]+", text):
            words = shlex.split(line.split("  #")[0], posix=True)[2:]
            if not words[0].startswith(OURS):
                continue
            split = words[0] in ("tftag", "experiments.run_benchmark")
            command = tuple(words[: 2 if split and len(words) > 1 else 1])
            flags = {word for word in words if re.match("--[a-z]", word)}
            found.setdefault(command, set()).update(flags)
    return found


FLAGGED = sorted(command for command, flags in commands().items() if flags)
# Where a module that is run has its `main`, if not in itself.
MAINS = {
    "tftag": "tftag.cli.main",
    "pipelines.inspect": "pipelines.inspect.command",
    "pipelines.prepare": "pipelines.prepare.command",
    "pipelines.synthetic": "pipelines.synthetic.tagged",
    "pipelines.synthetic_unseen": "pipelines.synthetic.unseen",
}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page):
    prose = prose_of(page)
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", prose)
    for target in map("".join, links):
        if re.match("https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path) if path else page
        assert there.exists(), f"{target} of {page}"
        if anchor:
            there = included(there)
            assert anchor in anchors(there), f"{target} of {page}"


def included(page: pathlib.Path) -> pathlib.Path:
    """A page of docs/ may show another one."""
    shown = re.match(r"```\{include\} (\S+)", text_of(page))
    return (page.parent / shown[1]) if shown else page


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_files_named_in_prose_are_there(page):
    named = re.findall(
        r"`((?:tftag|pipelines|experiments|tests|docs|requirements)/[a-z_/.]+)`",
        prose_of(page),
    )
    assert not [name for name in named if not (ROOT / name).exists()]


def test_modules_named_are_there():
    names = {command[0] for command in commands()}
    assert len(names) > 10
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    assert not missing


def test_imports_named_are_there():
    imports = {
        (module, name.strip())
        for page in NOW
        for module, names in re.findall(
            r"^from ((?:tftag|pipelines|experiments)[\w.]*) import (.+)",
            text_of(page),
            re.M,
        )
        for name in names.split(",")
    }
    assert len(imports) > 2
    for module, name in imports:
        assert hasattr(
            importlib.import_module(module), name
        ) or importlib.util.find_spec(f"{module}.{name}"), (module, name)


@pytest.mark.parametrize("command", FLAGGED, ids=" ".join)
def test_flags_named_are_those_of_the_command(command, capsys):
    module, *subcommand = command
    main = importlib.import_module(MAINS.get(module, module)).main
    with pytest.raises(SystemExit):
        main([*subcommand, "--help"])
    known = set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    assert commands()[command] <= known


def test_make_has_the_targets_named():
    makefile = text_of(ROOT / "Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.+)", makefile, re.M)
    shell = [ROOT / ".ci" / "run", *NOW]
    lines = re.findall(
        r"^(?:\s*|.*`)make ([a-z-]+)", "\n".join(map(text_of, shell)), re.M
    )
    assert {"docs", "lint", "test"} <= set(lines) <= set(phony.split())


def test_the_readme_is_read_in_one_go():
    assert len(text_of(ROOT / "README.md").splitlines()) <= 250


@pytest.mark.parametrize("page", NOW, ids=ids)
def test_whoever_names_a_model_of_others_is_told_that_it_is_code(page):
    text = " ".join(text_of(page).split())
    is_hub = "hub:" in text
    if is_hub or page in (NOW[0], ROOT / "saved_models" / "README.md"):
        said = re.search(r"[^.:]* are code[^.]*\.", text)
        assert said and "SHA-256" in said[0] and "TF-Hub module" in said[0]
