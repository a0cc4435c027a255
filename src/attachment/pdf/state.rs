//! Where text stands: the matrices and spacings of a content stream, and the text as it comes together.

/// `[a b c d e f]` of ISO 32000, 8.3.3.
#[derive(Clone, Copy, Debug)]
pub struct Matrix([f64; 6]);

impl Matrix {
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub fn read(numbers: &[f64]) -> Option<Self> {
        <[f64; 6]>::try_from(numbers).ok().map(Self)
    }

    fn moved(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// This one first, then `next`.
    pub fn then(self, next: Self) -> Self {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, next.0);
        Self([a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l])
    }
}

/// The text state, and the graphics state as far as it moves text.
pub struct State {
    current: Matrix,
    saved: Vec<Matrix>,
    text: Matrix,
    line: Matrix,
    /// Index of the font.
    pub font: Option<usize>,
    pub size: f64,
    pub letter_spacing: f64,
    pub word_spacing: f64,
    /// 1 is as wide as the font.
    pub stretch: f64,
    leading: f64,
}

/// Graphics states that are kept; a file that saves more is broken.
const SAVED: usize = 512;

impl State {
    pub fn new(matrix: Matrix) -> Self {
        Self {
            current: matrix,
            saved: Vec::new(),
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            font: None,
            size: 0.0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
        }
    }

    pub fn matrix(&self) -> Matrix {
        self.current
    }

    /// Operators that move or space text and draw nothing.
    pub fn apply(&mut self, operator: &str, operands: &[f64]) {
        match (operator, operands) {
            ("q", _) if self.saved.len() < SAVED => self.saved.push(self.current),
            ("Q", _) => self.current = self.saved.pop().unwrap_or(self.current),
            ("cm", numbers) => {
                if let Some(matrix) = Matrix::read(numbers) {
                    self.current = matrix.then(self.current);
                }
            }
            ("BT", _) => (self.text, self.line) = (Matrix::IDENTITY, Matrix::IDENTITY),
            ("Tm", numbers) => {
                if let Some(matrix) = Matrix::read(numbers) {
                    (self.text, self.line) = (matrix, matrix);
                }
            }
            ("Td", [x, y]) => self.move_line(*x, *y),
            ("TD", [x, y]) => {
                self.leading = -y;
                self.move_line(*x, *y);
            }
            ("T*", _) => self.next_line(),
            ("TL", [leading]) => self.leading = *leading,
            ("Tc", [spacing]) => self.letter_spacing = *spacing,
            ("Tw", [spacing]) => self.word_spacing = *spacing,
            ("Tz", [percent]) => self.stretch = percent / 100.0,
            _ => {}
        }
    }

    fn move_line(&mut self, x: f64, y: f64) {
        self.line = Matrix::moved(x, y).then(self.line);
        self.text = self.line;
    }

    pub fn next_line(&mut self) {
        self.move_line(0.0, -self.leading);
    }

    /// Moves on along the line, in units of text space.
    pub fn advance(&mut self, x: f64) {
        self.text = Matrix::moved(x, 0.0).then(self.text);
    }

    /// Where the next letter starts.
    pub fn place(&self) -> Spot {
        let Matrix([a, b, _, _, x, y]) = self.text.then(self.current);
        let scale = a.hypot(b);
        let direction = if scale > 0.0 { (a / scale, b / scale) } else { (1.0, 0.0) };
        Spot { x, y, direction, size: (scale * self.size).abs() }
    }
}

/// A place on the page, in its units.
#[derive(Clone, Debug)]
pub struct Spot {
    x: f64,
    y: f64,
    direction: (f64, f64),
    size: f64,
}

/// The text of a page so far.
#[derive(Default)]
pub struct Line {
    text: String,
    end: Option<Spot>,
}

impl Line {
    /// A letter from one place to where the state is now.
    pub fn show(&mut self, text: &str, from: &Spot, state: &State) {
        if let Some(end) = &self.end {
            let (dx, dy) = (from.x - end.x, from.y - end.y);
            let along = dx * end.direction.0 + dy * end.direction.1;
            let across = (dx * end.direction.1 - dy * end.direction.0).abs();
            let size = end.size.max(from.size).max(0.1);
            if across > size * 0.5 || along < -size * 2.0 {
                self.break_line();
            } else if along > size * 1.2 {
                self.text.push('\t');
            } else if along > size * 0.2 && !self.text.ends_with(char::is_whitespace) {
                self.text.push(' ');
            } else if along < -size * 0.4 && repeats(&self.text, text) {
                // Bold type that is printed twice.
                self.end = Some(state.place());
                return;
            }
        }
        self.text.push_str(text);
        self.end = Some(state.place());
    }

    pub fn break_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.end = None;
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn finish(self) -> String {
        self.text
    }
}

fn repeats(before: &str, text: &str) -> bool {
    before.ends_with(text)
}
