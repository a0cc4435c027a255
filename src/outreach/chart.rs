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
        match self.shape {
            Shape::Bar => self.bars(&id),
            Shape::Column => self.columns(&id),
        }
    }

    fn element(&self, id: &str, shape: &str, size: &str, body: &str) -> String {
        let (title, description) = (escape(&self.title), escape(&self.words()));
        format!(
            "<svg class=\"chart-svg chart-{shape}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             {size} xmlns=\"http://www.w3.org/2000/svg\" font-size=\"{FONT}\">\
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

    /// Lengths are shares of the width and heights are in lines of text, so that words are as large on a phone as on a desk.
    fn bars(&self, id: &str) -> String {
        const ROW: f64 = 3.3;
        let mut out = String::new();
        for (index, item) in self.items.iter().enumerate() {
            let top = index as f64 * ROW;
            out += &format!(
                "<text class=\"chart-label\" x=\"0\" y=\"{}em\" fill=\"currentColor\">{} \
                 <tspan class=\"chart-value\" font-weight=\"700\">{}</tspan></text>",
                px(top + 1.1),
                escape(&item.label),
                escape(&format!("{}{}", item.shown(), self.unit))
            );
            // A hair less than the whole, for the line around it.
            let share = |value: f64| format!("{}%", px(99.6 * value / self.largest()));
            let mut bar = |class: &str, value: f64, hatch| {
                out += &rect(class, ["1", &format!("{}em", px(top + 1.6)), &share(value), "1.2em"], hatch);
            };
            bar("chart-bar", item.value, None);
            if let Some(part) = item.part {
                bar("chart-part", part.min(item.value), Some(id));
            }
        }
        let rows = self.items.len() as f64 * ROW;
        let mut height = rows;
        if let Some(label) = self.legend() {
            out += &rect("chart-part", ["1", &format!("{}em", px(rows + 0.3)), "1.2em", "1.2em"], Some(id));
            let y = px(rows + 1.3);
            out += &format!(
                "<text class=\"chart-label\" x=\"1.8em\" y=\"{y}em\" fill=\"currentColor\">{}</text>",
                escape(label)
            );
            height += 1.8;
        }
        self.element(id, "bars", &format!("style=\"width:100%;height:{}em\"", px(height)), &out)
    }

    fn columns(&self, id: &str) -> String {
        const TALL: f64 = 220.0;
        const TOP: f64 = 28.0;
        let step = WIDTH / self.items.len().max(1) as f64;
        let bar = (step * 0.62).min(72.0);
        let ground = TOP + TALL;
        let mut out = String::new();
        for (index, item) in self.items.iter().enumerate() {
            let middle = (index as f64 + 0.5) * step;
            let tall = TALL * item.value / self.largest();
            let mut column = |class: &str, tall: f64, hatch| {
                let place = [middle - bar / 2.0, ground - tall, bar, tall].map(px);
                out += &rect(class, place.each_ref().map(String::as_str), hatch);
            };
            column("chart-bar", tall, None);
            if let Some(part) = item.part {
                column("chart-part", TALL * part.min(item.value) / self.largest(), Some(id));
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
        let line = px(ground);
        out += &format!(
            "<path class=\"chart-axis\" d=\"M0 {line}L{WIDTH} {line}\" stroke=\"currentColor\" fill=\"none\"/>"
        );
        let mut height = ground + FONT + 18.0;
        if let Some(label) = self.legend() {
            let (top, y) = (px(height + 4.0), px(height + 18.0));
            out += &rect("chart-part", ["4", &top, "18", "18"], Some(id));
            out += &format!(
                "<text class=\"chart-label\" x=\"30\" y=\"{y}\" fill=\"currentColor\">{}</text>",
                escape(label)
            );
            height += 30.0;
        }
        self.element(id, "columns", &format!("viewBox=\"0 0 {WIDTH} {height}\""), &out)
    }

    /// What the hatched parts are, if there are any.
    fn legend(&self) -> Option<&str> {
        self.part_label.as_deref().filter(|_| self.items.iter().any(|item| item.part.is_some()))
    }
}

impl Item {
    fn shown(&self) -> String {
        self.text.clone().unwrap_or_else(|| number(self.value))
    }
}

/// `place`: x, y, width and height, with their units.
fn rect(class: &str, place: [&str; 4], hatch: Option<&str>) -> String {
    let fill = match hatch {
        Some(id) => format!("fill=\"url(#{id}-hatch)\""),
        None => "fill=\"currentColor\" fill-opacity=\"0.18\"".to_owned(),
    };
    let [x, y, width, height] = place;
    format!(
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {fill} stroke=\"currentColor\"/>"
    )
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
