//! Figures of several rounds.

/// Figures of one side or of their ratio, sorted.
pub struct Figures(Vec<f64>);

impl Figures {
    /// Sorts them.
    pub fn new(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        Self(figures)
    }

    /// The median, with the least and the greatest beside it.
    pub fn cell(&self) -> String {
        let figures = &self.0;
        let (low, high) = (figures[0], figures[figures.len() - 1]);
        format!("{:.2} ({low:.2}–{high:.2})", self.median())
    }

    /// The one in the middle.
    pub fn median(&self) -> f64 {
        let figures = &self.0;
        (figures[(figures.len() - 1) / 2] + figures[figures.len() / 2]) / 2.0
    }
}
