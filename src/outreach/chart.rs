//! Charts as SVG, drawn at build time and readable without colour: bars carry their values, parts are hatched, and the
//! description says everything in words.

use super::figure::grouped;
use super::html::escape;

/// How the bars lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Lying, one under the other: for names of any length.
    Bar,
    /// Standing side by side: for months and years.
    Column,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Item {
    pub label: String,
    pub value: f64,
    /// What is written at the bar, instead of the value.
    pub text: Option<String>,
    /// How much of the value is of a special kind.
    pub part: Option<f64>,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Chart {
    pub shape: Shape,
    pub title: String,
    /// Instead of a description made from the items.
    pub description: Option<String>,
    pub unit: String,
    pub items: Vec<Item>,
    /// What the parts are.
    pub part_label: Option<String>,
}

const WIDTH: f64 = 640.0;
const FONT: f64 = 15.0;

impl Chart {
    /// The `<svg>` element. Its ids come from its content, so that two charts of a page don't clash.
    pub fn svg(&self) -> String {
        let hash = blake3::hash(format!("{self:?}").as_bytes()).to_hex();
        let id = format!("chart-{}", hash.get(..8).unwrap_or_default());
        let (height, body) = match self.shape {
            Shape::Bar => self.bars(&id),
            Shape::Column => self.columns(&id),
        };
        let (title, description) = (escape(&self.title), escape(&self.words()));
        let shape = match self.shape {
            Shape::Bar => "bars",
            Shape::Column => "columns",
        };
        format!(
            "<svg class=\"chart-svg chart-{shape}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             viewBox=\"0 0 {WIDTH} {height}\" xmlns=\"http://www.w3.org/2000/svg\" font-size=\"{FONT}\">\
             <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{description}</desc>\
             <defs><pattern id=\"{id}-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect class=\"chart-part-ground\" width=\"6\" height=\"6\" fill=\"none\"/>\
             <path class=\"chart-hatch\" d=\"M0 0V6\" stroke=\"currentColor\" stroke-width=\"3\"/></pattern></defs>\
             {body}</svg>"
        )
    }

    /// The chart in words.
    fn words(&self) -> String {
        if let Some(description) = &self.description {
            return description.clone();
        }
        let part = self.part_label.as_deref().unwrap_or("其中");
        let item = |item: &Item| {
            let inside = item.part.map(|value| format!("（{part}{}{}）", number(value), self.unit));
            format!("{}{}{}{}", item.label, item.shown(), self.unit, inside.unwrap_or_default())
        };
        format!("{}。", self.items.iter().map(item).collect::<Vec<_>>().join("；"))
    }

    fn largest(&self) -> f64 {
        self.items.iter().map(|item| item.value).fold(0.0, f64::max).max(f64::MIN_POSITIVE)
    }

    fn bars(&self, id: &str) -> (f64, String) {
        const ROW: f64 = 38.0;
        const BAR: f64 = 22.0;
        let labels = self.items.iter().map(|item| width(&item.label)).fold(0.0, f64::max).clamp(40.0, 220.0);
        let values = self.items.iter().map(|item| width(&self.at_bar(item))).fold(0.0, f64::max) + 8.0;
        let left = labels + 10.0;
        let room = (WIDTH - left - values).max(80.0);
        let mut out = String::new();
        for (index, item) in self.items.iter().enumerate() {
            let top = index as f64 * ROW + 8.0;
            let length = room * item.value / self.largest();
            let (middle, y) = (top + BAR / 2.0 + FONT * 0.36, top);
            out += &format!(
                "<text class=\"chart-label\" x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"currentColor\">{}</text>",
                px(left - 8.0),
                px(middle),
                escape(&cut(&item.label, labels))
            );
            out += &rect("chart-bar", left, y, length, BAR, None);
            if let Some(part) = item.part {
                out += &rect("chart-part", left, y, room * part.min(item.value) / self.largest(), BAR, Some(id));
            }
            out += &format!(
                "<text class=\"chart-value\" x=\"{}\" y=\"{}\" fill=\"currentColor\">{}</text>",
                px(left + length + 6.0),
                px(middle),
                escape(&self.at_bar(item))
            );
        }
        let mut height = self.items.len() as f64 * ROW + 8.0;
        out += &axis(left, 4.0, left, height - 4.0);
        height += self.legend(&mut out, left, height, id);
        (height, out)
    }

    fn columns(&self, id: &str) -> (f64, String) {
        const TALL: f64 = 220.0;
        const TOP: f64 = 28.0;
        let step = WIDTH / self.items.len().max(1) as f64;
        let bar = (step * 0.62).min(72.0);
        let ground = TOP + TALL;
        let mut out = String::new();
        for (index, item) in self.items.iter().enumerate() {
            let middle = (index as f64 + 0.5) * step;
            let tall = TALL * item.value / self.largest();
            out += &rect("chart-bar", middle - bar / 2.0, ground - tall, bar, tall, None);
            if let Some(part) = item.part {
                let tall = TALL * part.min(item.value) / self.largest();
                out += &rect("chart-part", middle - bar / 2.0, ground - tall, bar, tall, Some(id));
            }
            for (class, y, text) in [
                ("chart-value", ground - tall - 7.0, cut(&item.shown(), step)),
                ("chart-label", ground + FONT + 6.0, cut(&item.label, step)),
            ] {
                out += &format!(
                    "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"currentColor\">{}</text>",
                    px(middle),
                    px(y),
                    escape(&text)
                );
            }
        }
        out += &axis(0.0, ground, WIDTH, ground);
        let mut height = ground + FONT + 18.0;
        height += self.legend(&mut out, 4.0, height, id);
        (height, out)
    }

    /// Says what the hatched parts are; the height that this takes.
    fn legend(&self, out: &mut String, left: f64, top: f64, id: &str) -> f64 {
        let Some(label) = self.part_label.as_ref().filter(|_| self.items.iter().any(|i| i.part.is_some())) else {
            return 0.0;
        };
        *out += &rect("chart-part", left, top + 4.0, 18.0, 18.0, Some(id));
        *out += &format!(
            "<text class=\"chart-label\" x=\"{}\" y=\"{}\" fill=\"currentColor\">{}</text>",
            px(left + 26.0),
            px(top + 18.0),
            escape(label)
        );
        30.0
    }

    fn at_bar(&self, item: &Item) -> String {
        format!("{}{}", item.shown(), self.unit)
    }
}

impl Item {
    fn shown(&self) -> String {
        self.text.clone().unwrap_or_else(|| number(self.value))
    }
}

fn rect(class: &str, x: f64, y: f64, width: f64, height: f64, hatch: Option<&str>) -> String {
    let fill = match hatch {
        Some(id) => format!("fill=\"url(#{id}-hatch)\""),
        None => "fill=\"currentColor\" fill-opacity=\"0.18\"".to_owned(),
    };
    let (x, y, width, height) = (px(x), px(y), px(width), px(height));
    format!(
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {fill} stroke=\"currentColor\"/>"
    )
}

fn axis(x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    let (x1, y1, x2, y2) = (px(x1), px(y1), px(x2), px(y2));
    format!("<path class=\"chart-axis\" d=\"M{x1} {y1}L{x2} {y2}\" stroke=\"currentColor\" fill=\"none\"/>")
}

/// A length with at most one digit after the point.
fn px(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { grouped(value as u64) } else { format!("{value}") }
}

/// How wide a text is about: Han characters are as wide as high, others a little more than half of it.
fn width(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.58 } else { 1.0 }).sum::<f64>() * FONT
}

/// A text that is not wider than `room`.
fn cut(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if width(&out) + 2.0 * FONT > room {
            break;
        }
        out.push(c);
    }
    out + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_says_in_words_what_it_draws() {
        let item = |label: &str, value, part| Item { label: label.to_owned(), value, text: None, part };
        let chart = Chart {
            shape: Shape::Bar,
            title: "a < b".to_owned(),
            description: None,
            unit: "场次".to_owned(),
            items: vec![item("志愿服务", 24.0, Some(10.0)), item("专家", 0.0, None)],
            part_label: Some("其中".to_owned()),
        };
        let svg = chart.svg();
        assert!(svg.contains("志愿服务24场次（其中10场次）；专家0场次。"), "{svg}");
        assert!(svg.contains("a &lt; b"));
        assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
        let columns = Chart { shape: Shape::Column, items: Vec::new(), ..chart }.svg();
        assert!(roxmltree::Document::parse(&columns).is_ok() && !columns.contains("NaN"), "{columns}");
    }
}
