//! From a case that differs to a small one that still does.

use crate::engines::Case;

/// Removes pieces of the templates as long as the two engines still differ.
pub fn shrink(case: &Case) -> Case {
    let mut best = case.clone();
    // Whole files first, then shorter and shorter runs of pieces.
    for at in (1..best.files.len()).rev() {
        let mut smaller = best.clone();
        smaller.files.remove(at);
        keep(&mut best, smaller);
    }
    loop {
        let before = size(&best);
        for file in 0..best.files.len() {
            let mut width = pieces(&best.files[file].1).len();
            while width > 0 {
                let mut at = 0;
                while at + width <= pieces(&best.files[file].1).len() {
                    let mut smaller = best.clone();
                    let mut left = pieces(&best.files[file].1);
                    left.drain(at..at + width);
                    smaller.files[file].1 = left.concat();
                    if !keep(&mut best, smaller) {
                        at += 1;
                    }
                }
                width = if width > 8 { width / 2 } else { width - 1 };
            }
        }
        if size(&best) == before {
            return best;
        }
    }
}

fn keep(best: &mut Case, smaller: Case) -> bool {
    let (one, two) = smaller.both();
    let differs = !one.same(&two);
    if differs {
        *best = smaller;
    }
    differs
}

fn size(case: &Case) -> usize {
    case.files.iter().map(|(_, text)| text.len()).sum()
}

/// Words, strings and single signs.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut quote = None;
    for sign in text.chars() {
        let joins = match (quote, pieces.last()) {
            (Some(_), _) => true,
            (None, Some(last)) => {
                let word = |c: char| c.is_alphanumeric() || c == '_';
                (word(sign) && last.chars().all(word))
                    || matches!((last.as_str(), sign), ("{" | "%", _) if "{%}".contains(sign))
            }
            (None, None) => false,
        };
        match pieces.last_mut() {
            Some(last) if joins => last.push(sign),
            _ => pieces.push(sign.to_string()),
        }
        quote = match quote {
            None if "\"'`".contains(sign) => Some(sign),
            Some(open) if open == sign => None,
            other => other,
        };
    }
    pieces
}
