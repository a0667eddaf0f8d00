import pytest

from drumatlas_export.page.bundle import bundle


def bundled(modules: dict[str, str]) -> str:
    return bundle("main.js", modules.__getitem__)


def test_a_module_comes_once_and_after_what_it_imports() -> None:
    text = bundled(
        {
            "main.js": (
                'import { b } from "./b.js";\nimport {\n  a,\n  a as c,\n} from "./a.js";\n'
                "b(a, c);\n"
            ),
            "b.js": 'import { a } from "./a.js";\n\nexport function b() {\n  return a;\n}\n',
            "a.js": "export const a = 1;\nexport class A {}\nexport async function go() {}\n"
            "export function* all() {}\n",
        }
    )
    assert text.count("// a.js") == 1
    places = [text.index(f"// {name}.js") for name in ("a", "b", "main")]
    assert places == sorted(places)
    assert "return { a, A, go, all };" in text
    assert "const { b } = module_b;" in text
    assert "a: c,\n} = module_a;" in text
    assert "import" not in text
    assert "export" not in text


@pytest.mark.parametrize(
    "text",
    [
        'import x from "./x.js";\n',
        'import "./x.js";\n',
        "export default 1;\n",
        "export { a };\n",
        "export let a = 1;\n",
        'const x = await import("./x.js");\n',
        "console.log(import.meta.url);\n",
    ],
)
def test_another_form_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"main\.js: can't be bundled"):
        bundled({"main.js": text})


def test_modules_in_a_ring_are_refused() -> None:
    modules = {
        "main.js": 'import { a } from "./a.js";\n',
        "a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
        "b.js": 'import { a } from "./a.js";\nexport const b = 1;\n',
    }
    with pytest.raises(ValueError, match=r"main\.js -> a\.js -> b\.js -> a\.js"):
        bundled(modules)
