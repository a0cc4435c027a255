//! iCalendar (RFC 5545): events in, the text of one file out. Times are China time.

use jiff::Timestamp;
use jiff::civil::Date;

use super::events::Event;
use super::time::{Moment, china, next_day};
use crate::config;

/// The longest line in octets, without its end (RFC 5545, 3.1).
const LINE: usize = 75;

const ZONE: &str = "Asia/Shanghai";

/// The text of a calendar. `host` makes the UIDs of one site its own.
pub fn calendar(name: &str, host: &str, events: &[&Event], settings: &config::Outreach) -> String {
    let mut out = Writer(String::new());
    out.line("BEGIN", "VCALENDAR");
    out.line("VERSION", "2.0");
    out.line("PRODID", "-//kepu//kepu//ZH");
    out.line("CALSCALE", "GREGORIAN");
    out.line("METHOD", "PUBLISH");
    if !name.is_empty() {
        out.line("X-WR-CALNAME", &escaped(name));
    }
    out.line("X-WR-TIMEZONE", ZONE);
    // One component there must be (3.6), even when there is no event.
    for (name, value) in [
        ("BEGIN", "VTIMEZONE"),
        ("TZID", ZONE),
        ("BEGIN", "STANDARD"),
        ("DTSTART", "19910915T000000"),
        ("TZOFFSETFROM", "+0800"),
        ("TZOFFSETTO", "+0800"),
        ("TZNAME", "CST"),
        ("END", "STANDARD"),
        ("END", "VTIMEZONE"),
    ] {
        out.line(name, value);
    }
    for event in events {
        self::event(&mut out, host, event, settings);
    }
    out.line("END", "VCALENDAR");
    out.0
}

fn event(out: &mut Writer, host: &str, event: &Event, settings: &config::Outreach) {
    out.line("BEGIN", "VEVENT");
    // Of the file, so that an event keeps its UID when its title or time changes (3.8.4.7).
    let key = format!("{}#{}", event.path, event.number);
    let hash = blake3::hash(key.as_bytes()).to_hex();
    out.line("UID", &format!("{}@{}", hash.get(..32).unwrap_or_default(), escaped(host)));
    out.line("DTSTAMP", &utc(event.changed));
    out.line("LAST-MODIFIED", &utc(event.changed));
    if event.begin.has_time {
        out.line(&format!("DTSTART;TZID={ZONE}"), &local(event.begin.start()));
        if let Some(end) = event.end.map(Moment::end).filter(|end| *end > event.begin.start()) {
            out.line(&format!("DTEND;TZID={ZONE}"), &local(end));
        }
    } else {
        let last = event.end.map_or(event.begin, |end| end).civil.date();
        out.line("DTSTART;VALUE=DATE", &day(event.begin.civil.date()));
        // The end of a day-long event is the day after (3.6.1).
        out.line("DTEND;VALUE=DATE", &day(next_day(last)));
    }
    out.line("SUMMARY", &escaped(&event.title));
    if let Some(description) = &event.description {
        out.line("DESCRIPTION", &escaped(description));
    }
    let place: Vec<&str> = event.place.iter().chain(&event.address).map(String::as_str).collect();
    if !place.is_empty() {
        out.line("LOCATION", &escaped(&place.join("，")));
    }
    if let Some(category) = &event.category {
        let label = settings.categories.get(category).map_or(category.as_str(), String::as_str);
        out.line("CATEGORIES", &escaped(label));
    }
    out.line("URL", &event.permalink);
    out.line("STATUS", if event.cancelled { "CANCELLED" } else { "CONFIRMED" });
    out.line("TRANSP", "TRANSPARENT");
    out.line("END", "VEVENT");
}

fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn local(instant: Timestamp) -> String {
    china(instant).strftime("%Y%m%dT%H%M%S").to_string()
}

fn day(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

/// TEXT (3.3.11). Control characters have no place in a calendar.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

struct Writer(String);

impl Writer {
    /// One content line, folded where it is too long; never inside a character.
    fn line(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{}", value.replace(['\r', '\n'], ""));
        let mut used = 0;
        for c in line.chars() {
            if used + c.len_utf8() > LINE {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(c);
            used += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_at_75_octets_and_never_inside_a_character() {
        let mut out = Writer(String::new());
        let title = "科普大篷车进校园，".repeat(20);
        out.line("SUMMARY", &escaped(&title));
        assert!(out.0.ends_with("\r\n"));
        assert!(out.0.split("\r\n").all(|line| line.len() <= LINE), "{}", out.0);
        assert_eq!(out.0.replace("\r\n ", ""), format!("SUMMARY:{title}\r\n"));
    }

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("a,b;c\\d\r\ne\u{7}"), "a\\,b\\;c\\\\d\\ne");
    }
}
