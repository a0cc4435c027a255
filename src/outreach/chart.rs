//! Charts as SVG, drawn at build time and readable without colour: bars carry their values, parts are hatched, and the
//! description says everything in words.

use super::figure::grouped;
use super::html::escape;

/// How the bars lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Under their labels: for names of any length.
    Bar,
    /// Beside their labels, one line each: for months and years, all of which a phone shows without scrolling.
    Row,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Item {
    pub label: String,
    pub value: f64,
    /// What is written at the bar, instead of the value.
    pub text: Option<String>,
    /// Instead of the chart's.
    pub unit: Option<String>,
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

/// How many ems are on a line of the narrowest screen with the largest usual letters.
const NARROWEST: f64 = 15.0;

impl Chart {
    /// The `<svg>` element. Its ids come from its content, so that two charts of a page don't clash.
    pub fn svg(&self) -> String {
        let hash = blake3::hash(format!("{self:?}").as_bytes()).to_hex();
        let id = format!("chart-{}", hash.get(..8).unwrap_or_default());
        match self.shape {
            Shape::Bar => self.bars(&id),
            Shape::Row => self.rows(&id),
        }
    }

    /// Lengths are shares of the width and heights are in lines of text, so that words are as large on a phone as on a desk.
    fn element(&self, id: &str, shape: &str, lines: f64, body: &str) -> String {
        let height = px(lines);
        let (title, description) = (escape(&self.title), escape(&self.words()));
        format!(
            "<svg class=\"chart-svg chart-{shape}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             style=\"width:100%;height:{height}em\" xmlns=\"http://www.w3.org/2000/svg\">\
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
            let unit = self.unit_of(item);
            let inside = item.part.map(|value| format!("（{part}{}{unit}）", number(value)));
            format!("{}{}{unit}{}", item.label, item.shown(), inside.unwrap_or_default())
        };
        format!("{}。", self.items.iter().map(item).collect::<Vec<_>>().join("；"))
    }

    fn unit_of<'a>(&'a self, item: &'a Item) -> &'a str {
        item.unit.as_deref().unwrap_or(&self.unit)
    }

    fn largest(&self) -> f64 {
        self.items.iter().map(|item| item.value).fold(0.0, f64::max).max(f64::MIN_POSITIVE)
    }

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
                escape(&format!("{}{}", item.shown(), self.unit_of(item)))
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
        let lines = self.items.len() as f64 * ROW + self.legend_at(id, self.items.len() as f64 * ROW, &mut out);
        self.element(id, "bars", lines, &out)
    }

    fn rows(&self, id: &str) -> String {
        const ROW: f64 = 1.8;
        let room = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max) * 100.0 / NARROWEST;
        // Browsers set a little space between digits and Han characters.
        let labels = room(&mut self.items.iter().map(|item| width(&item.label) + 0.3)).min(40.0);
        let values = room(&mut self.items.iter().map(|item| width(&item.shown()))).min(40.0);
        // Two gaps of 2 %, between label, bar and value.
        let (left, widest) = (labels + 2.0, 96.0 - labels - values);
        let mut out = String::new();
        for (index, item) in self.items.iter().enumerate() {
            let top = index as f64 * ROW;
            let share = |value: f64| widest * value / self.largest();
            let mut bar = |class: &str, value: f64, hatch| {
                let [x, y, width] = [px(left), px(top + 0.3), px(share(value))];
                out += &rect(class, [&format!("{x}%"), &format!("{y}em"), &format!("{width}%"), "1.2em"], hatch);
            };
            if item.value > 0.0 {
                bar("chart-bar", item.value, None);
            }
            if let Some(part) = item.part {
                bar("chart-part", part.min(item.value), Some(id));
            }
            for (class, x, anchor, text) in [
                ("chart-label", labels, "end", cut(&item.label, labels * NARROWEST / 100.0)),
                ("chart-value", left + share(item.value) + 2.0, "start", item.shown()),
            ] {
                out += &format!(
                    "<text class=\"{class}\" x=\"{}%\" y=\"{}em\" text-anchor=\"{anchor}\" \
                     fill=\"currentColor\">{}</text>",
                    px(x),
                    px(top + 1.25),
                    escape(&text)
                );
            }
        }
        let ground = self.items.len() as f64 * ROW;
        let (x, y) = (px(left), px(ground));
        out += &format!(
            "<line class=\"chart-axis\" x1=\"{x}%\" y1=\"0\" x2=\"{x}%\" y2=\"{y}em\" stroke=\"currentColor\"/>"
        );
        let lines = ground + self.legend_at(id, ground, &mut out);
        self.element(id, "rows", lines, &out)
    }

    /// Draws what the hatched parts are, `top` lines from above; the lines that it takes.
    fn legend_at(&self, id: &str, top: f64, out: &mut String) -> f64 {
        let Some(label) = self.legend() else { return 0.0 };
        *out += &rect("chart-part", ["1", &format!("{}em", px(top + 0.3)), "1.2em", "1.2em"], Some(id));
        *out += &format!(
            "<text class=\"chart-label\" x=\"1.8em\" y=\"{}em\" fill=\"currentColor\">{}</text>",
            px(top + 1.3),
            escape(label)
        );
        1.8
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

/// About how many ems a text is wide: Han characters are as wide as high, others a little more than half of it.
fn width(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.6 } else { 1.0 }).sum()
}

/// A text that is not wider than `room` ems.
fn cut(text: &str, room: f64) -> String {
    // A hair more, for what was rounded.
    if width(text) <= room + 0.01 {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if width(&out) + 2.0 > room {
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
        let item = |label: &str, value, part| Item { label: label.to_owned(), value, text: None, unit: None, part };
        let chart = Chart {
            shape: Shape::Bar,
            title: "a < b".to_owned(),
            description: None,
            unit: "场次".to_owned(),
            items: vec![
                item("志愿服务", 24.0, Some(10.0)),
                Item { unit: Some("次".to_owned()), ..item("专家", 0.0, None) },
            ],
            part_label: Some("其中".to_owned()),
        };
        let svg = chart.svg();
        assert!(svg.contains("志愿服务24场次（其中10场次）；专家0次。"), "{svg}");
        assert!(svg.contains("a &lt; b"));
        assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
        let rows = Chart { shape: Shape::Row, ..chart }.svg();
        assert!(roxmltree::Document::parse(&rows).is_ok(), "{rows}");
        // Only what is more than nothing has a bar.
        assert_eq!(rows.matches("class=\"chart-bar\"").count(), 1, "{rows}");
    }

    #[test]
    fn rows_leave_room_for_label_and_value() {
        let item = |label: &str, value| Item { label: label.to_owned(), value, text: None, unit: None, part: None };
        let chart = |items| {
            let (title, unit) = (String::new(), String::new());
            Chart { shape: Shape::Row, title, description: None, unit, items, part_label: None }.svg()
        };
        let svg = chart(vec![item("12月", 804449.0), item("很长很长很长很长的名字", 1.0)]);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let end = |node: roxmltree::Node| {
            let number = |name| node.attribute(name).unwrap().trim_end_matches('%').parse::<f64>().unwrap();
            number("x") + number("width")
        };
        let bar = document.descendants().find(|node| node.attribute("class") == Some("chart-bar")).unwrap();
        assert!(end(bar) + width("804,449") * 100.0 / NARROWEST <= 100.0, "{svg}");
        assert!(svg.contains(">很长很长很…<") && svg.contains("很长很长很长很长的名字1"), "{svg}");
        assert!(!chart(Vec::new()).contains("NaN"));
    }
}
