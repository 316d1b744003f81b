//! Charts of how figures grow, as SVG.

use std::fmt::Write;

/// How wide and high a chart is, and how far its axes are from its edge.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 220.0;
const MARGIN: f64 = 48.0;
const COLUMNS: usize = 2;

/// Figures by the number of objects.
#[derive(Debug)]
pub struct Chart {
    /// What is drawn.
    pub title: String,
    /// Numbers of objects, growing, and figures.
    pub points: Vec<(usize, f64)>,
}

/// All charts in one picture, two in a row. The horizontal axes are logarithmic; the vertical ones begin at 0.
pub fn charts(charts: &[Chart]) -> String {
    let rows = charts.len().div_ceil(COLUMNS);
    let (width, height) = (WIDTH * scalar(COLUMNS), HEIGHT * scalar(rows));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (place, chart) in charts.iter().enumerate() {
        let (x, y) = (WIDTH * scalar(place % COLUMNS), HEIGHT * scalar(place / COLUMNS));
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        draw(&mut svg, chart);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, chart: &Chart) {
    let title = chart.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"20\" font-weight=\"bold\">{title}</text>");
    let (left, right, top, bottom) = (MARGIN, WIDTH - 60.0, 40.0, HEIGHT - 34.0);
    let _ =
        writeln!(svg, "<path d=\"M{left} {top}V{bottom}H{right}\" fill=\"none\" stroke=\"#888\"/>");
    let highest = chart.points.iter().map(|(_, figure)| *figure).fold(f64::MIN_POSITIVE, f64::max);
    let logarithm = |size: usize| scalar(size.max(1)).log10();
    let first = chart.points.first().map_or(0.0, |(size, _)| logarithm(*size));
    let last = chart.points.last().map_or(1.0, |(size, _)| logarithm(*size)).max(first + 1e-9);
    let mut path = String::new();
    for (size, figure) in &chart.points {
        let x = left + (right - left) * (logarithm(*size) - first) / (last - first);
        let y = bottom - (bottom - top) * figure / highest;
        let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' });
        let (label, size) = (short(*figure), short(scalar(*size)));
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#06c\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{label}</text>\n\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">{size}</text>",
            x + 5.0,
            y - 6.0,
            bottom + 16.0
        );
    }
    let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>");
}

/// A number as it fits beside a point.
fn short(number: f64) -> String {
    match number {
        _ if number >= 1e6 => format!("{} M", number / 1e6),
        _ if number >= 1e4 => format!("{:.0} k", number / 1e3),
        _ if number >= 100.0 => format!("{number:.0}"),
        _ if number >= 1.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn scalar(number: usize) -> f64 {
    number as f64
}
