//! Ratios as a bar chart.

use std::fmt::Write as _;

const BAR: f64 = 26.0;
const LABEL: f64 = 60.0;
const WIDTH: f64 = 640.0;
const TOP: f64 = 48.0;

/// A bar per query, on a logarithmic scale: how many times as fast.
pub fn bars(ratios: &[(String, f64)]) -> String {
    let greatest = ratios.iter().map(|(_, ratio)| *ratio).fold(10.0, f64::max);
    let length = |ratio: f64| (WIDTH - LABEL - 70.0) * ratio.max(1.0).ln() / greatest.ln();
    let height = TOP + BAR * ratios.len() as f64 + 16.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>Thalweg's rate in multiples of Flink's, by query</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\">Events per second, in multiples of Flink's (logarithmic)</text>\n"
    );
    for (index, (name, ratio)) in ratios.iter().enumerate() {
        let y = TOP + BAR * index as f64;
        let (text_y, end) = (y + 14.0, LABEL + length(*ratio));
        // Writing into a string cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{text_y:.0}\" text-anchor=\"end\">{name}</text>\
             <rect x=\"{LABEL}\" y=\"{y:.0}\" width=\"{:.1}\" height=\"18\" fill=\"#2a6f97\"/>\
             <text x=\"{:.1}\" y=\"{text_y:.0}\">{ratio:.1} ×</text>",
            LABEL - 8.0,
            length(*ratio).max(1.0),
            end + 6.0
        );
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::bars;

    #[test]
    fn every_query_has_a_bar() {
        let svg = bars(&[("q0".to_owned(), 4.0), ("q5".to_owned(), 80.0)]);
        assert_eq!(svg.matches("<rect x=").count(), 2);
        assert!(svg.contains(">80.0 ×<") && svg.ends_with("</svg>\n"), "{svg}");
    }
}
