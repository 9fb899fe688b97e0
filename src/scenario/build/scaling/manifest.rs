//! `manifest:` in the place of a strategy: a file as it is applied to a cluster.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Body, Builder, Code, Item};
use crate::model::scaling::Strategy;
use crate::scenario::manifest::{self, Manifest};
use crate::scenario::source::Source;
use crate::scenario::suggest;
use crate::units::quoted;

/// The scalers of the manifest files that were read, by the names of the files; `None` for one with faults.
#[derive(Debug, Default)]
pub(in super::super) struct ManifestFiles(BTreeMap<String, Option<Vec<Manifest>>>);

impl Builder<'_> {
    pub(super) fn manifest(&mut self, item: &Item) -> Option<Strategy> {
        let (file, name) = match &item.body {
            Body::Text(_) => (item, None),
            _ => (item.field("file")?, item.field("name")),
        };
        let wanted = match name {
            Some(name) => Some(name.text()?),
            None => None,
        };
        let written = file.text()?;
        if !self.manifests.0.contains_key(written) {
            let read = self.read_manifest(file, written);
            self.manifests.0.insert(written.to_owned(), read);
        }
        let scalers = self.manifests.0.get(written)?.as_ref()?;
        let matching: Vec<&Manifest> =
            scalers.iter().filter(|scaler| wanted.is_none_or(|wanted| scaler.name == wanted)).collect();
        if let [only] = matching.as_slice() {
            return Some(only.strategy.clone());
        }
        let names: Vec<&str> = scalers.iter().map(|scaler| scaler.name.as_str()).collect();
        let (at, message, help) = match (name, wanted) {
            (Some(at), Some(wanted)) if matching.is_empty() => {
                (at, format!("{written} has no scaler named {}", quoted(wanted)), suggest::did_you_mean(wanted, &names))
            }
            (Some(at), Some(wanted)) => {
                let message = format!("{written} has {} scalers named {}", matching.len(), quoted(wanted));
                (at, message, Some("give them different names, or write them into two files".to_owned()))
            }
            _ => {
                let message = format!("{written} has {} scalers: which of them is meant?", scalers.len());
                let help = format!("write `manifest: {{file: {written}, name: {}}}`", names[0]);
                let others = suggest::one_of(&names).map_or(help.clone(), |names| format!("{help}; {names}"));
                (file, message, Some(others))
            }
        };
        self.fault(Code::Manifest, at, message).help = help;
        None
    }

    fn read_manifest(&mut self, item: &Item, written: &str) -> Option<Vec<Manifest>> {
        let path = self.folder().join(written);
        let source = match Source::read(&path) {
            Ok(source) => source,
            Err(faults) => {
                let near = suggest::similar_file(&path).map(|near| Path::new(written).with_file_name(near));
                let help = match near {
                    Some(near) if !path.exists() => format!("did you mean `{}`?", near.display()),
                    _ => "name a YAML file, relative to the scenario".to_owned(),
                };
                for fault in faults.0 {
                    let why = fault.message.replace("the scenario", "the manifest");
                    self.fault(Code::Manifest, item, why).help = Some(help.clone());
                }
                return None;
            }
        };
        let (scalers, faults) = match manifest::read(&Source { name: written.to_owned(), ..source }) {
            Ok(read) => (Some(read.scalers), read.warnings),
            Err(faults) => (None, faults.0),
        };
        for fault in faults {
            self.collector.add_found(fault, item.span, &item.path);
        }
        scalers
    }
}
