//! What is to know about the elements of HTML to see which text they hide.

/// How the text inside an element is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawText {
    /// As it is, up to the end tag.
    Literal,
    /// With references, up to the end tag.
    References,
    /// As it is, to the end of the document.
    Plain,
}

/// The kind of an element's text if it is no markup (HTML standard, 13.2.6.4.7, with scripting on).
pub fn raw_text(name: &str) -> Option<RawText> {
    let mut buffer = Lower::default();
    match buffer.lower(name) {
        "script" | "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => Some(RawText::Literal),
        "textarea" | "title" => Some(RawText::References),
        "plaintext" => Some(RawText::Plain),
        _ => None,
    }
}

/// The language that an element belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    Html,
    Svg,
    MathMl,
}

/// What an element does to the elements around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No content: never open.
    Void,
    /// Not a part of content: its tags are as if they were not there.
    Ignored,
    /// `a`, `b`, `em`, …: may overlap with others.
    Formatting,
    /// Closes an open paragraph when it starts; its end tag closes what is open inside.
    Block,
    Paragraph,
    /// `li`, `dd`, `dt`: closes the one before it.
    Item,
    /// `h1` to `h6`.
    Heading,
    /// `form`: its end tag closes itself only.
    Form,
    Table,
    /// Parts of a table: the outermost parts first.
    TableGroup,
    TableRow,
    TableCell,
    /// Ends the reach of end tags: `object`, `button`, `template`, ….
    Holder,
    /// Special to the parser, but without rules of its own here.
    Special,
    /// Every other element, known or not.
    Ordinary,
}

pub fn kind(name: &str) -> Kind {
    match name {
        "area" | "base" | "basefont" | "bgsound" | "br" | "col" | "embed" | "frame" | "hr" | "image" | "img"
        | "input" | "keygen" | "link" | "meta" | "param" | "source" | "track" | "wbr" => Kind::Void,
        "html" | "head" | "body" | "frameset" => Kind::Ignored,
        "a" | "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small" | "strike" | "strong" | "tt"
        | "u" => Kind::Formatting,
        "address" | "article" | "aside" | "blockquote" | "center" | "details" | "dialog" | "dir" | "div" | "dl"
        | "fieldset" | "figcaption" | "figure" | "footer" | "header" | "hgroup" | "listing" | "main" | "menu"
        | "nav" | "ol" | "pre" | "search" | "section" | "summary" | "ul" => Kind::Block,
        "p" => Kind::Paragraph,
        "li" | "dd" | "dt" => Kind::Item,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Kind::Heading,
        "form" => Kind::Form,
        "table" => Kind::Table,
        "caption" | "colgroup" | "tbody" | "tfoot" | "thead" => Kind::TableGroup,
        "tr" => Kind::TableRow,
        "td" | "th" => Kind::TableCell,
        "applet" | "button" | "marquee" | "object" | "template" => Kind::Holder,
        "iframe" | "noembed" | "noframes" | "noscript" | "plaintext" | "script" | "select" | "style" | "textarea"
        | "title" | "xmp" => Kind::Special,
        _ => Kind::Ordinary,
    }
}

/// Whether the content of an element is no text. `template` has its content apart; elements of drawings and formulas
/// are hidden everywhere but at their root, under `svg` and `math`.
pub fn hides_text(space: Space, name: &str) -> bool {
    match (space, name) {
        (_, "script" | "style" | "pre") => true,
        (Space::Svg, name) => name != "svg",
        (Space::MathMl, name) => name != "math",
        (Space::Html, "template") => true,
        (Space::Html, "span") => false,
        (Space::Html, name) => kind(name) == Kind::Ordinary && FOREIGN.binary_search(&name).is_ok(),
    }
}

/// Whether a tag ends the drawing or formula that it stands in.
pub fn breaks_out(name: &str) -> bool {
    BREAKING_OUT.binary_search(&name).is_ok()
}

/// HTML standard, 13.2.6.5. Sorted.
static BREAKING_OUT: &[&str] = &[
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "i",
    "img",
    "li",
    "listing",
    "menu",
    "meta",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
];

/// Names of SVG 2 and MathML 3 elements that could be HTML elements by their spelling (HTML names have no capitals).
/// Sorted.
#[rustfmt::skip]
static FOREIGN: &[&str] = &[
    "abs", "and", "animate", "annotation", "annotation-xml", "apply", "approx", "arccos", "arccosh", "arccot",
    "arccoth", "arccsc", "arccsch", "arcsec", "arcsech", "arcsin", "arcsinh", "arctan", "arctanh", "arg", "bind",
    "bvar", "card", "cartesianproduct", "cbytes", "ceiling", "cerror", "ci", "circle", "cn", "codomain",
    "complexes", "compose", "condition", "conjugate", "cos", "cosh", "cot", "coth", "cs", "csc", "csch", "csymbol",
    "curl", "declare", "defs", "degree", "desc", "determinant", "diff", "discard", "divergence", "divide", "domain",
    "domainofapplication", "ellipse", "emptyset", "eq", "equivalent", "eulergamma", "exists", "exp", "exponentiale",
    "factorial", "factorof", "false", "filter", "floor", "fn", "forall", "g", "gcd", "geq", "grad", "gt", "ident",
    "imaginary", "imaginaryi", "implies", "in", "infinity", "int", "integers", "intersect", "interval", "inverse",
    "lambda", "laplacian", "lcm", "leq", "limit", "line", "list", "ln", "log", "logbase", "lowlimit", "lt",
    "maction", "maligngroup", "malignmark", "marker", "mask", "matrix", "matrixrow", "max", "mean", "median",
    "menclose", "merror", "metadata", "mfenced", "mfrac", "mglyph", "mi", "min", "minus", "mlabeledtr", "mlongdiv",
    "mmultiscripts", "mn", "mo", "mode", "moment", "momentabout", "mover", "mpadded", "mpath", "mphantom",
    "mprescripts", "mroot", "mrow", "ms", "mscarries", "mscarry", "msgroup", "msline", "mspace", "msqrt", "msrow",
    "mstack", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
    "naturalnumbers", "neq", "none", "not", "notanumber", "notin", "notprsubset", "notsubset", "or", "otherwise",
    "outerproduct", "partialdiff", "path", "pattern", "pi", "piece", "piecewise", "plus", "polygon", "polyline",
    "power", "primes", "product", "prsubset", "quotient", "rationals", "real", "reals", "rect", "reln", "rem",
    "root", "scalarproduct", "sdev", "sec", "sech", "selector", "semantics", "sep", "set", "setdiff", "share",
    "sin", "sinh", "stop", "subset", "sum", "switch", "symbol", "tan", "tanh", "tendsto", "text", "times",
    "transpose", "true", "tspan", "union", "uplimit", "use", "variance", "vector", "vectorproduct", "view", "xor",
];

/// Room to write a name in small letters.
#[derive(Default)]
pub struct Lower([u8; 24]);

impl Lower {
    /// The name with ASCII capitals made small. No name that matters here is longer than the buffer.
    pub fn lower<'a>(&'a mut self, name: &'a str) -> &'a str {
        if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return name;
        }
        let Some(buffer) = self.0.get_mut(..name.len()) else { return "" };
        buffer.copy_from_slice(name.as_bytes());
        buffer.make_ascii_lowercase();
        std::str::from_utf8(buffer).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_names_are_sorted() {
        assert!(FOREIGN.is_sorted() && BREAKING_OUT.is_sorted());
        assert!(FOREIGN.iter().all(|name| kind(name) == Kind::Ordinary));
    }

    #[test]
    fn names_are_compared_in_small_letters() {
        assert_eq!(raw_text("TextArea"), Some(RawText::References));
        assert_eq!(raw_text("a-name-that-is-longer-than-the-buffer"), None);
    }
}
