//! One figure of a report: a number, and whether it is exact, a lower bound or a rough one.

use tera::Value;

/// How exact a figure is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    #[default]
    Exact,
    /// `7800+`.
    AtLeast,
    /// `约20000`.
    About,
}

impl Bound {
    pub fn as_str(self) -> &'static str {
        match self {
            Bound::Exact => "exact",
            Bound::AtLeast => "at_least",
            Bound::About => "about",
        }
    }

    /// Of a sum: a rough part makes it rough, a lower bound makes it a lower bound.
    fn and(self, other: Bound) -> Bound {
        match (self, other) {
            (Bound::About, _) | (_, Bound::About) => Bound::About,
            (Bound::AtLeast, _) | (_, Bound::AtLeast) => Bound::AtLeast,
            _ => Bound::Exact,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    pub value: u64,
    pub bound: Bound,
}

impl Figure {
    /// A number of front matter: `24`, `"7800+"`, `"7,800多"`, `"约20000"`.
    pub fn read(value: &Value) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Self::parse(text);
        }
        if value.is_f64() {
            return None;
        }
        value.as_u64().filter(|v| *v <= MAX).map(|value| Self { value, bound: Bound::Exact })
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (text, bound) = if let Some(rest) = text.strip_prefix(['约', '~', '≈']) {
            (rest, Bound::About)
        } else if let Some(rest) = text.strip_suffix(['+', '＋', '多', '余']) {
            (rest, Bound::AtLeast)
        } else {
            (text, Bound::Exact)
        };
        let digits: String = text.trim().chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().filter(|value| *value <= MAX).map(|value| Self { value, bound })
    }

    /// The sum of two; never less than either.
    pub fn plus(self, other: Self) -> Self {
        Self { value: self.value.saturating_add(other.value), bound: self.bound.and(other.bound) }
    }

    /// `24`, `7,800+`, `约20,000`.
    pub fn text(self) -> String {
        let number = grouped(self.value);
        match self.bound {
            Bound::Exact => number,
            Bound::AtLeast => format!("{number}+"),
            Bound::About => format!("约{number}"),
        }
    }
}

/// Larger than any figure of a county, and small enough that sums stay numbers of JSON.
const MAX: u64 = 1_000_000_000_000;

/// `12,073`.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_reports_write_them() {
        let text = |typed: &str| Figure::parse(typed).map(Figure::text);
        assert_eq!(text("24").as_deref(), Some("24"));
        assert_eq!(text("7800+").as_deref(), Some("7,800+"));
        assert_eq!(text("7,800多").as_deref(), Some("7,800+"));
        assert_eq!(text("约20000").as_deref(), Some("约20,000"));
        assert_eq!(text("many"), None);
        assert_eq!(text(""), None);
        assert_eq!(text("-3"), None);
        assert_eq!(text("99999999999999999999"), None);
        assert_eq!(Figure::read(&Value::from(2.5)), None);
        assert_eq!(Figure::read(&Value::from(-1)), None);
    }

    #[test]
    fn a_sum_is_as_exact_as_its_least_exact_part() {
        let sum = |a: &str, b: &str| Figure::parse(a).zip(Figure::parse(b)).map(|(a, b)| a.plus(b).text());
        assert_eq!(sum("10", "14").as_deref(), Some("24"));
        assert_eq!(sum("10", "100+").as_deref(), Some("110+"));
        assert_eq!(sum("约10", "100+").as_deref(), Some("约110"));
    }
}
