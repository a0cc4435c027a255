//! A QR code for terminals.

/// An address as a QR code in half blocks, with the quiet zone that scanners need; none where it is too long.
///
/// White and black are said, so that the code is dark on light on every ground: many scanners read no other.
pub fn code(url: &str) -> Option<String> {
    const QUIET: usize = 4;
    let code = qrcode::QrCode::with_error_correction_level(url.as_bytes(), qrcode::EcLevel::L).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let light = |x: usize, y: usize| {
        let inside = (QUIET..width + QUIET).contains(&x) && (QUIET..width + QUIET).contains(&y);
        !inside || colors.get((y - QUIET) * width + x - QUIET) != Some(&qrcode::Color::Dark)
    };
    let side = width + 2 * QUIET;
    let mut lines = String::new();
    for y in (0..side).step_by(2) {
        lines.push_str("\x1b[97;40m");
        for x in 0..side {
            lines.push(match (light(x, y), light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        lines.push_str("\x1b[0m\n");
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::code;

    /// Reads what was printed with a scanner, each half block as square of pixels.
    fn scan(printed: &str) -> String {
        const SIZE: usize = 4;
        let rows: Vec<Vec<bool>> = printed
            .lines()
            .flat_map(|line| {
                let blocks = line.trim_start_matches("\x1b[97;40m").trim_end_matches("\x1b[0m");
                let half = |lit: [char; 2]| blocks.chars().map(move |c| lit.contains(&c)).collect::<Vec<bool>>();
                [half(['█', '▀']), half(['█', '▄'])]
            })
            .collect();
        let (width, height) = (rows[0].len() * SIZE, rows.len() * SIZE);
        let lit = |at: usize| rows[at / width / SIZE][at % width / SIZE];
        let image: Vec<u8> = (0..width * height).map(|at| if lit(at) { 255 } else { 0 }).collect();
        let mut scanner = quircs::Quirc::default();
        let found: Vec<_> = scanner.identify(width, height, &image).collect();
        assert_eq!(found.len(), 1, "one code in\n{printed}");
        let code = found.into_iter().next().and_then(Result::ok).expect("a code");
        String::from_utf8(code.decode().expect("a readable code").payload).expect("an address")
    }

    #[test]
    fn a_scanner_reads_the_address() {
        for url in [
            "http://192.168.1.7:1111/",
            "http://10.0.0.5:65535/base/path/",
            "http://[fe80::1]:1111/",
            &format!("http://192.168.1.7:1111/{}", "long/".repeat(30)),
        ] {
            assert_eq!(scan(&code(url).expect("a code")), url);
        }
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert_eq!(code(&"x".repeat(5000)), None);
    }
}
