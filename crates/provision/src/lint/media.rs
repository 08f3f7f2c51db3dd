//! Rings and pictures, by their bytes.

use super::finding::Findings;
use super::lists;
use crate::models::{self, RingFormat, Size, Wallpaper};

/// Phones were seen to play files that break this rule, so it warns and no more.
const STEP: usize = 240;

/// Samples of the longest ring: 2.01 seconds at 8 kHz, 10.05 at 16 kHz.
const fn most(format: RingFormat) -> usize {
    match format {
        RingFormat::Raw => 16_080,
        RingFormat::Rwb => 160_800,
    }
}

pub(super) fn ring(name: &str, bytes: &[u8], format: RingFormat, findings: &mut Findings<'_>) {
    lists::plays(name, format, 0, findings);
    if let Some(kind) = [(b"RIFF", "WAV"), (b".snd", "AU"), (b"OggS", "Ogg"), (b"ID3\x03", "MP3")]
        .into_iter()
        .find_map(|(start, kind)| bytes.starts_with(start).then_some(kind))
    {
        findings.add("ring-header", 0, format!("{name} is a {kind} file; rings have no header"));
        return;
    }
    let width = if format == RingFormat::Rwb { 2 } else { 1 };
    let samples = bytes.len() / width;
    let most = most(format);
    if samples < STEP || samples > most {
        let fix = Some(format!("Cut it to between {STEP} and {most} samples"));
        findings
            .add("ring-size", 0, format!("{name} has {samples} samples; phones play {STEP} to {most}"))
            .fix(fix);
    }
    if !bytes.len().is_multiple_of(STEP * width) {
        let fix = Some(format!("Cut it to {} bytes", bytes.len() / (STEP * width) * STEP * width));
        findings.add("ring-size", 0, format!("{name} is no multiple of {STEP} samples")).fix(fix);
    }
}

pub(super) fn picture(name: &str, bytes: &[u8], findings: &mut Findings<'_>) {
    let decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    let size = match decoder.read_info() {
        Ok(reader) => Size { width: reader.info().width, height: reader.info().height },
        Err(error) => {
            findings.add("picture-format", 0, format!("{name} is no PNG: {error}"));
            return;
        }
    };
    let fits: Vec<Size> =
        wallpapers(name, findings).flat_map(|paper| [paper.image, paper.thumbnail]).collect();
    if !fits.is_empty() && !fits.contains(&size) {
        let mut sizes: Vec<_> = fits.iter().map(|size| format!("{}x{}", size.width, size.height)).collect();
        sizes.dedup();
        let message = format!("{name} is {}x{}", size.width, size.height);
        let fix = Some(format!("Make it exactly {}", sizes.join(" or ")));
        findings.add("picture-size", 0, message).fix(fix);
    }
}

/// The screens such a picture could be for: by the folder it is in, else by the model, else any.
fn wallpapers(name: &str, findings: &Findings<'_>) -> impl Iterator<Item = Wallpaper> {
    let folder = name.find("Desktops/").and_then(|start| Some(name[start..].rsplit_once('/')?.0));
    let of_models = models::all().iter().filter_map(|model| Some((Some(model), model.wallpaper?.value)));
    let of_modules = models::modules().iter().filter_map(|module| Some((None, module.wallpaper?.value)));
    let own = findings.model.map(|model| model.name);
    of_models.chain(of_modules).filter_map(move |(model, paper)| {
        let fits = match (folder, own) {
            (Some(folder), _) => paper.folder == folder,
            (None, Some(own)) => model.is_some_and(|model| model.name == own),
            (None, None) => true,
        };
        fits.then_some(paper)
    })
}
