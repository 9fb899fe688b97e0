//! Faults as a person reads them in a terminal: code, place, the source line, help.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::fault::{Fault, Faults, Place, Severity};

impl Faults {
    /// All faults rustc-style, each with the line that it speaks of, separated by blank lines.
    pub fn render(&self, colour: bool) -> String {
        render_all(&self.0, colour)
    }
}

/// Renders faults and warnings rustc-style, separated by blank lines; ends with a line break unless empty.
pub fn render_all(faults: &[Fault], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for fault in faults {
        text.push_str(&renderer.render(&[group(fault)]));
        text.push_str("\n\n");
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn group(fault: &Fault) -> Group<'_> {
    let level = match fault.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(fault.message.as_str()).id(fault.code.id()));
    if let Some(place) = &fault.place {
        let label = fault.label.as_deref();
        let second = fault.other.as_ref().map(|(place, label)| (place, label.as_str()));
        let same_line = second.filter(|(other, _)| other.file == place.file && other.line == place.line);
        group = add(group, place, AnnotationKind::Primary, label, same_line);
        if let (Some((other, label)), None) = (second, same_line) {
            group = add(group, other, AnnotationKind::Context, Some(label), None);
        }
    }
    match &fault.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

fn add<'f>(
    group: Group<'f>,
    place: &'f Place,
    kind: AnnotationKind,
    label: Option<&'f str>,
    second: Option<(&'f Place, &'f str)>,
) -> Group<'f> {
    let Some(line) = place.line else {
        return group.element(Origin::path(place.file.as_str()));
    };
    if place.excerpt.is_empty() {
        return group.element(Origin::path(place.file.as_str()).line(line).char_column(place.column.unwrap_or(1)));
    }
    let annotation = |kind: AnnotationKind, place: &Place, label: Option<&'f str>| -> Annotation<'f> {
        kind.span(place.marked.clone()).label(label)
    };
    let mut snippet = Snippet::source(place.excerpt.as_str())
        .path(place.file.as_str())
        .line_start(line)
        .annotation(annotation(kind, place, label));
    if let Some((other, label)) = second {
        snippet = snippet.annotation(annotation(AnnotationKind::Context, other, Some(label)));
    }
    group.element(snippet)
}
