//! How every chart looks: sizes, colours, strokes. No other file has a number that is a matter of taste.

use plotters::style::text_anchor::Pos;
use plotters::style::{BLACK, Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle, WHITE};

/// Family under which the regular face is registered, and its name inside the font file.
pub(super) const REGULAR: &str = "Inter";
/// The same of the semi-bold face.
pub(super) const SEMI_BOLD: &str = "Inter Semi Bold";

/// plotters has whole coordinates only: drawn sixteen times larger and scaled down, curves do not step.
pub(super) const ZOOM: f64 = 16.0;
/// plotters writes a text of size s into an SVG at s / 1.24.
const TEXT_SIZE: f64 = 1.24;

/// Sizes in pixels of the finished chart.
pub(super) struct Theme {
    pub width: f64,
    pub height: f64,
    pub margin: f64,
    /// Centre line of the title.
    pub title_y: f64,
    pub title_size: f64,
    /// A longer title shrinks down to this before it is cut.
    pub title_size_least: f64,
    /// Centre line of the subtitle.
    pub subtitle_y: f64,
    pub text_size: f64,
    /// Top of the first panel; what its axis counts is written above it.
    pub plot_top: f64,
    pub heading_gap: f64,
    /// Space below the last panel for times and caption.
    pub below_plot: f64,
    /// Space between two panels.
    pub panel_gap: f64,
    pub tick_gap: f64,
    pub tick_length: f64,
    /// From the end of the plot to the labels of the lines: leader, sample of the stroke, text.
    pub leader: f64,
    pub sample: f64,
    pub label_gap: f64,
    /// Least distance between two labels.
    pub label_pitch: f64,
    /// Labels wider than this are shortened.
    pub label_width: f64,
    pub hairline: f64,
    pub band_alpha: f64,
    pub dot_radius: f64,
    /// Radius of a named point, and the distance of its name from it.
    pub mark_radius: f64,
    pub mark_gap: f64,
}

/// The one theme.
pub(super) const THEME: Theme = Theme {
    width: 900.0,
    height: 480.0,
    margin: 20.0,
    title_y: 30.0,
    title_size: 18.0,
    title_size_least: 14.5,
    subtitle_y: 54.0,
    text_size: 12.0,
    plot_top: 102.0,
    heading_gap: 18.0,
    below_plot: 58.0,
    panel_gap: 44.0,
    tick_gap: 8.0,
    tick_length: 5.0,
    leader: 14.0,
    sample: 24.0,
    label_gap: 6.0,
    label_pitch: 17.0,
    label_width: 150.0,
    hairline: 1.0,
    band_alpha: 0.18,
    dot_radius: 2.6,
    mark_radius: 5.0,
    mark_gap: 9.0,
};

/// Sizes in pixels of a heat map, beside those of every chart.
pub(super) struct HeatTheme {
    /// The scale of colours: its width, its distance from the cells, its steps.
    pub scale_width: f64,
    pub scale_gap: f64,
    pub scale_steps: usize,
    /// Cells lower than this have no label.
    pub least_height: f64,
    pub label_gap: f64,
    /// Least distance between two labels of columns.
    pub label_pitch: f64,
    pub hatch_pitch: f64,
    pub hatch_alpha: f64,
    /// The line around what breaks a promise, and the light one under it.
    pub border: f64,
    pub border_halo: f64,
    /// Relative luminance below which text is light.
    pub dark: f64,
}

/// The heat map's part of the theme.
pub(super) const HEAT: HeatTheme = HeatTheme {
    scale_width: 14.0,
    scale_gap: 22.0,
    scale_steps: 128,
    least_height: 20.0,
    label_gap: 2.0,
    label_pitch: 8.0,
    hatch_pitch: 9.0,
    hatch_alpha: 0.6,
    border: 2.0,
    border_halo: 4.0,
    dark: 0.3,
};

/// Viridis (van der Walt and Smith 2015) in steps of a tenth: even steps look even, also in grey and to colour-blind
/// readers.
const VIRIDIS: [(f64, f64, f64); 11] = [
    (68.0, 1.0, 84.0),
    (72.0, 36.0, 117.0),
    (65.0, 68.0, 135.0),
    (53.0, 95.0, 141.0),
    (42.0, 120.0, 142.0),
    (33.0, 145.0, 140.0),
    (34.0, 168.0, 132.0),
    (66.0, 190.0, 113.0),
    (122.0, 209.0, 81.0),
    (189.0, 223.0, 38.0),
    (253.0, 231.0, 37.0),
];

/// The colour of a number at this place of its scale, from 0 (light) to 1 (dark).
pub(super) fn heat_colour(place: f64) -> RGBColor {
    let steps = (VIRIDIS.len() - 1) as f64;
    let at = (1.0 - place.clamp(0.0, 1.0)) * steps;
    let lower = (at.floor() as usize).min(VIRIDIS.len() - 2);
    let (from, to, share) = (VIRIDIS[lower], VIRIDIS[lower + 1], at - lower as f64);
    let mix = |from: f64, to: f64| (from + share * (to - from)).round() as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(0x1f, 0x29, 0x37);
/// What explains and must not compete.
pub(super) const MUTED: RGBColor = RGBColor(0x5b, 0x64, 0x72);
/// Hairlines.
pub(super) const GRID: RGBColor = RGBColor(0xe2, 0xe5, 0xea);
/// Background.
pub(super) const PAPER: RGBColor = WHITE;

// The palette of Okabe and Ito (2008), which colour-blind readers can tell apart.
const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);

/// One kind of line. Colour and dashes both tell lines apart, so that a grey copy is still readable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub colour: RGBColor,
    pub width: f64,
    /// Lengths of dash and gap.
    pub dash: Option<(f64, f64)>,
}

impl Stroke {
    /// The chart's main line, measured.
    pub const MAIN: Stroke = Stroke { colour: BLUE, width: 2.0, dash: None };
    /// A second measured line.
    pub const SECOND: Stroke = Stroke { colour: GREEN, width: 1.8, dash: Some((2.0, 2.5)) };
    /// A higher quantile of the main line.
    pub const TAIL: Stroke = Stroke { colour: PURPLE, width: 1.8, dash: Some((6.0, 2.0)) };
    /// What is possible rather than what happened.
    pub const CAPACITY: Stroke = Stroke { colour: VERMILION, width: 2.0, dash: Some((10.0, 4.0)) };
    /// The fluid engine's curve.
    pub const FLUID: Stroke = Stroke { colour: BLACK, width: 1.5, dash: Some((6.0, 4.0)) };
    /// What was promised.
    pub const LIMIT: Stroke = Stroke { colour: VERMILION, width: 1.5, dash: Some((14.0, 3.0)) };

    /// The interval of a single point.
    pub const WHISKER: Stroke = Stroke { colour: BLUE, width: 5.0, dash: None };
    /// What joins points without being measured.
    pub const GUIDE: Stroke = Stroke { colour: MUTED, width: 1.5, dash: Some((3.0, 3.0)) };

    /// The k-th of several things of the same kind: colours repeat after seven, dashes go on.
    pub fn of_kind(k: usize) -> Stroke {
        const COLOURS: [RGBColor; 7] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK];
        const DASHES: [Option<(f64, f64)>; 5] =
            [None, Some((10.0, 4.0)), Some((2.0, 2.5)), Some((6.0, 2.0)), Some((14.0, 3.0))];
        Stroke { colour: COLOURS[k % COLOURS.len()], width: 1.8, dash: DASHES[k % DASHES.len()] }
    }

    /// The plotters style.
    pub fn style(self) -> ShapeStyle {
        self.colour.stroke_width(zoomed(self.width) as u32)
    }
}

/// A length in plotters' coordinates.
pub(super) fn zoomed(px: f64) -> i32 {
    (px * ZOOM).round() as i32
}

/// Regular text of a size in pixels.
pub(super) fn text(size: f64, colour: RGBColor) -> TextStyle<'static> {
    styled(REGULAR, size, colour)
}

/// Semi-bold text of a size in pixels.
pub(super) fn bold(size: f64, colour: RGBColor) -> TextStyle<'static> {
    styled(SEMI_BOLD, size, colour)
}

fn styled(family: &'static str, size: f64, colour: RGBColor) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(family), size * ZOOM * TEXT_SIZE, FontStyle::Normal);
    TextStyle { font, color: colour.to_backend_color(), pos: Pos::default() }
}
