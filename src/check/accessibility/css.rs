//! As much of CSS as contrast needs: rules with their selectors, the media they are for, and their declarations.

/// One rule, in the order of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct CssRule {
    /// `@media` conditions around it, outermost first, without `@media`.
    pub media: Vec<String>,
    pub selector: String,
    /// Property and value; `!important` is cut off.
    pub declarations: Vec<(String, String)>,
    /// Where the selector stands, in bytes.
    pub at: usize,
}

/// Blocks inside blocks that are followed.
const DEPTH: usize = 16;

/// All rules of a style sheet. What is broken is passed over.
pub fn rules(css: &str) -> Vec<CssRule> {
    let mut found = Vec::new();
    block(css, 0, css.len(), &mut Vec::new(), &mut found);
    found
}

fn block(css: &str, start: usize, end: usize, media: &mut Vec<String>, found: &mut Vec<CssRule>) {
    let mut at = start;
    while at < end {
        let Some((open, kind)) = next(css, at, end, b"{;}") else { return };
        if kind != b'{' {
            at = open + 1;
            continue;
        }
        let close = closing(css, open, end);
        let prelude = without_comments(&css[at..open]);
        let prelude = prelude.trim();
        match prelude.strip_prefix('@') {
            Some(rule) => {
                let nests = ["media", "supports", "layer", "container"].iter().find(|name| rule.starts_with(**name));
                if let Some(name) = nests
                    && media.len() < DEPTH
                {
                    media.push(if *name == "media" { rule[name.len()..].trim().to_owned() } else { String::new() });
                    block(css, open + 1, close, media, found);
                    media.pop();
                }
            }
            None => found.push(CssRule {
                media: media.iter().filter(|condition| !condition.is_empty()).cloned().collect(),
                selector: prelude.to_owned(),
                declarations: declarations(&css[open + 1..close]),
                at: at + (css[at..open].len() - css[at..open].trim_start().len()),
            }),
        }
        at = close + 1;
    }
}

/// The next of some bytes outside of strings, comments and parentheses.
fn next(css: &str, start: usize, end: usize, wanted: &[u8]) -> Option<(usize, u8)> {
    let bytes = css.as_bytes();
    let mut at = start;
    let mut round = 0_u32;
    while at < end {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'*') && at + 2 <= end => {
                at = css[at + 2..end].find("*/").map_or(end, |length| at + 2 + length + 2);
                continue;
            }
            quote @ (b'"' | b'\'') => {
                at += 1;
                while at < end && bytes[at] != quote && bytes[at] != b'\n' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'\\' => at += 1,
            b'(' => round += 1,
            b')' => round = round.saturating_sub(1),
            byte if (round == 0 || matches!(byte, b'{' | b'}')) && wanted.contains(&byte) => return Some((at, byte)),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The brace that closes the one at `open`, or the end.
fn closing(css: &str, open: usize, end: usize) -> usize {
    let mut depth = 0_u32;
    let mut at = open;
    while let Some((found, byte)) = next(css, at, end, b"{}") {
        depth = if byte == b'{' { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return found;
        }
        at = found + 1;
    }
    end
}

fn declarations(body: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < body.len() {
        // Rules inside rules are theirs, not this one's.
        let (end, kind) = next(body, at, body.len(), b";{").unwrap_or((body.len(), b';'));
        if kind == b'{' {
            at = closing(body, end, body.len()) + 1;
            continue;
        }
        let declaration = without_comments(&body[at..end]);
        if let Some((property, value)) = declaration.split_once(':') {
            let value = value.trim().trim_end_matches("!important").trim();
            found.push((property.trim().to_owned(), value.to_owned()));
        }
        at = end + 1;
    }
    found
}

fn without_comments(css: &str) -> String {
    let mut out = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// A colour without transparency, in sRGB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour(pub [f64; 3]);

impl Colour {
    /// `#rgb`, `#rrggbb`, `rgb(…)`, `hsl(…)` and the names that themes use. None for what is transparent or computed.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim().to_ascii_lowercase();
        if let Some(hex) = value.strip_prefix('#') {
            if !hex.is_ascii() {
                return None;
            }
            let pair = |at: usize, length: usize| {
                let digits = hex.get(at * length..(at + 1) * length)?;
                let digits = if length == 1 { digits.repeat(2) } else { digits.to_owned() };
                u8::from_str_radix(&digits, 16).ok().map(|byte| f64::from(byte) / 255.0)
            };
            let length = match hex.len() {
                3 => 1,
                4 if hex.ends_with('f') => 1,
                6 => 2,
                8 if hex.ends_with("ff") => 2,
                _ => return None,
            };
            return Some(Self([pair(0, length)?, pair(1, length)?, pair(2, length)?]));
        }
        if let Some((function, arguments)) = value.strip_suffix(')').and_then(|value| value.split_once('(')) {
            let parts: Vec<&str> = arguments.split([',', ' ', '/']).filter(|part| !part.is_empty()).collect();
            let number = |part: &str| match part.strip_suffix('%') {
                Some(percent) => percent.parse::<f64>().ok().map(|percent| percent / 100.0),
                None => part.trim_end_matches("deg").parse::<f64>().ok(),
            };
            if parts.get(3).is_some_and(|alpha| number(alpha) != Some(1.0)) {
                return None;
            }
            let [a, b, c] = [number(parts.first()?)?, number(parts.get(1)?)?, number(parts.get(2)?)?];
            let byte = |part: &str, value: f64| if part.ends_with('%') { value } else { value / 255.0 };
            return match function {
                "rgb" | "rgba" => Some(Self([byte(parts[0], a), byte(parts[1], b), byte(parts[2], c)])),
                "hsl" | "hsla" => Some(Self(hsl(a, b, c))),
                _ => None,
            };
        }
        let hex = match value.as_str() {
            "white" => "#fff",
            "black" => "#000",
            "red" => "#f00",
            "green" => "#008000",
            "blue" => "#00f",
            "yellow" => "#ff0",
            "gray" | "grey" => "#808080",
            "silver" => "#c0c0c0",
            "navy" => "#000080",
            "maroon" => "#800000",
            "orange" => "#ffa500",
            _ => return None,
        };
        Self::parse(hex)
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |part: f64| if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// From 1 to 21 (WCAG 2.2, 1.4.3).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

fn hsl(hue: f64, saturation: f64, lightness: f64) -> [f64; 3] {
    let part = |n: f64| {
        let k = (n + hue / 30.0).rem_euclid(12.0);
        let a = saturation * lightness.min(1.0 - lightness);
        lightness - a * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    };
    [part(0.0), part(8.0), part(4.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_know_their_media_and_declarations() {
        let css = "/* {} */ :root{--a:#fff;--b:url(\"a;b\")} @media (prefers-color-scheme: dark){ .x { color : red !important } } @font-face{src:x}";
        let found = rules(css);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].selector, ":root");
        assert_eq!(found[0].declarations[1], ("--b".to_owned(), "url(\"a;b\")".to_owned()));
        assert_eq!(found[1].media, ["(prefers-color-scheme: dark)"]);
        assert_eq!(found[1].declarations, [("color".to_owned(), "red".to_owned())]);
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let of = |value: &str| Colour::parse(value).expect(value);
        assert!((of("#000").contrast(of("white")) - 21.0).abs() < 1e-9);
        assert!((of("#777").contrast(of("#fff")) - 4.48).abs() < 0.01);
        assert_eq!(of("rgb(255, 0, 0)"), of("red"));
        assert!(of("hsl(120deg 100% 25%)").contrast(of("green")) < 1.01);
        assert_eq!(Colour::parse("#12345678"), None);
        assert_eq!(Colour::parse("rgba(0,0,0,.5)"), None);
    }

    #[test]
    fn broken_style_sheets_do_no_harm() {
        for css in ["{", "}", "a{", "a{b", "a{b:c;", "/*", "\"", "a{b:(", "@media{", "a{\\", "#中", "a{color:#中文"]
        {
            let _ = rules(css);
            let _ = Colour::parse(css);
        }
    }
}
