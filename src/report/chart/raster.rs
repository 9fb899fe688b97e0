//! From plotters' SVG to the files: text as outlines, so that no reader needs the font, and a PNG at twice the size.

use std::sync::{Arc, OnceLock};

use plotters::style::{FontStyle, register_font};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree, WriteOptions};

use super::Picture;
use super::theme::{REGULAR, SEMI_BOLD, THEME};

static REGULAR_FACE: &[u8] = include_bytes!("../fonts/Inter-subset.ttf");
static SEMI_BOLD_FACE: &[u8] = include_bytes!("../fonts/Inter-SemiBold-subset.ttf");

/// Pixels of the PNG per pixel of the chart.
const PNG_SCALE: f32 = 2.0;

/// Makes both faces known to plotters, which measures text with them; further calls do nothing.
pub(super) fn register_fonts() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        for (family, face) in [(REGULAR, REGULAR_FACE), (SEMI_BOLD, SEMI_BOLD_FACE)] {
            let registered = register_font(family, FontStyle::Normal, face).is_ok();
            assert!(registered, "the program carries a broken font: {family}");
        }
    });
}

/// Only our own fonts: a machine's fonts would make its charts different from others'.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let load = || {
        let mut database = Database::new();
        database.load_font_data(REGULAR_FACE.to_vec());
        database.load_font_data(SEMI_BOLD_FACE.to_vec());
        Arc::new(database)
    };
    FONTS.get_or_init(load).clone()
}

/// The finished files from what plotters drew. `title` is what a screen reader says.
///
/// # Errors
/// When the SVG cannot be read back or is larger than memory: both are bugs.
pub(super) fn finish(drawn: &str, title: &str) -> Result<Picture, String> {
    let options = Options { fontdb: fonts(), font_family: REGULAR.to_owned(), ..Options::default() };
    let tree = Tree::from_str(drawn, &options).map_err(|fault| fault.to_string())?;
    let mut pixels = Pixmap::new((THEME.width as f32 * PNG_SCALE) as u32, (THEME.height as f32 * PNG_SCALE) as u32)
        .ok_or("the chart has no size")?;
    resvg::render(&tree, Transform::from_scale(PNG_SCALE, PNG_SCALE), &mut pixels.as_mut());
    let png = pixels.encode_png().map_err(|fault| fault.to_string())?;
    let outlined = tree.to_string(&WriteOptions::default());
    Ok(Picture { svg: with_title(&outlined, title), png })
}

/// A drawing of any size as a PNG at twice its size, with our own fonts only.
///
/// # Errors
/// When the SVG cannot be read back or is larger than memory: both are bugs.
pub(in crate::report) fn png(drawn: &str) -> Result<Vec<u8>, String> {
    let options = Options { fontdb: fonts(), font_family: REGULAR.to_owned(), ..Options::default() };
    let tree = Tree::from_str(drawn, &options).map_err(|fault| fault.to_string())?;
    let size = tree.size();
    let [width, height] = [size.width(), size.height()].map(|length| (length * PNG_SCALE).ceil() as u32);
    let mut pixels = Pixmap::new(width, height).ok_or("the chart has no size")?;
    resvg::render(&tree, Transform::from_scale(PNG_SCALE, PNG_SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|fault| fault.to_string())
}

/// Outlines say nothing to a screen reader, a title does.
fn with_title(svg: &str, title: &str) -> String {
    let escaped = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let opening = svg.find("<svg").and_then(|from| svg[from..].find('>').map(|length| from + length + 1));
    match opening {
        Some(at) => format!("{}\n    <title>{escaped}</title>{}", &svg[..at], &svg[at..]),
        None => svg.to_owned(),
    }
}
