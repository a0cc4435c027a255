//! What a build leaves to the next about its output: for each file what it was made of and what it looked like, and what
//! all of the site was read from.
//!
//! On disk in `.kepu/outputs/NAME.record`. A record of another version of kepu, of other options, or a damaged one is none.

use std::collections::HashMap;

use crate::cache::{BUILD_ID, Digest, Digester, Reader, Writer};
use crate::site::{Question, Request};

use super::disk::{self, Output, State};
use super::inputs::Inputs;

/// One record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Of the options of the command line.
    pub options: Digest,
    pub inputs: Inputs,
    /// Whether nothing but the inputs decides: no clock, network or environment, and nothing to warn of.
    pub is_closed: bool,
    pub pages: usize,
    pub sections: usize,
    pub files: usize,
    pub state: State,
    pub made: HashMap<Box<str>, Made>,
    /// The questions of all routes, with the digests of their answers.
    pub questions: Vec<(Question, Digest)>,
}

/// What a file of the output was made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    pub of: Digest,
    /// By number.
    pub questions: Vec<u32>,
}

const MAGIC: &str = "kepu record";

/// A digest of what the command line decides about a site.
pub fn options(request: &Request) -> Digest {
    let mut digester = Digester::new();
    digester.text(BUILD_ID).text(request.mode.as_str()).option(request.base_url.as_deref());
    let flags = [request.drafts, request.minify, request.zola_exact];
    flags.iter().for_each(|flag| {
        digester.number(u64::from(*flag));
    });
    let paths = [&request.found.root, &request.found.config];
    paths.iter().for_each(|path| {
        digester.bytes(path.as_os_str().as_encoded_bytes());
    });
    digester.finish()
}

impl Record {
    /// The record of an output, if there is one that was made with these options.
    pub fn open(output: &Output, options: Digest) -> Option<Self> {
        Self::read_file(&disk::record_file(output), options)
    }

    /// [`Record::open`] of a file.
    pub fn read_file(file: &std::path::Path, options: Digest) -> Option<Self> {
        let bytes = std::fs::read(file).ok()?;
        let mut reader = Reader(&bytes);
        if reader.text()? != MAGIC || reader.text()? != BUILD_ID || reader.digest()? != Digest::of(reader.0) {
            return None;
        }
        Self::read(&mut reader).filter(|record| record.options == options && reader.0.is_empty())
    }

    /// Writes the record down. Where that fails the next build makes everything again.
    pub fn save(&self, output: &Output) {
        if disk::save_record(output, &self.bytes()).is_err() {
            let _ = std::fs::remove_file(disk::record_file(output));
        }
    }

    /// What a file of it holds.
    pub fn bytes(&self) -> Vec<u8> {
        let mut body = Writer(Vec::with_capacity(1 << 20));
        self.write(&mut body);
        let mut writer = Writer(Vec::with_capacity(body.0.len() + 100));
        writer.text(MAGIC);
        writer.text(BUILD_ID);
        writer.digest(Digest::of(&body.0));
        writer.0.extend_from_slice(&body.0);
        writer.0
    }

    fn write(&self, to: &mut Writer) {
        to.digest(self.options);
        self.inputs.write(to);
        to.bool(self.is_closed);
        for count in [self.pages, self.sections, self.files] {
            to.number(count as u64);
        }
        self.state.write(to);
        to.number(self.made.len() as u64);
        for (path, made) in &self.made {
            to.text(path);
            to.digest(made.of);
            to.number(made.questions.len() as u64);
            made.questions.iter().for_each(|question| to.number(u64::from(*question)));
        }
        to.number(self.questions.len() as u64);
        for (question, answer) in &self.questions {
            to.text(&question.function);
            to.bytes(&question.arguments);
            to.bool(question.lang.is_some());
            to.text(question.lang.as_deref().unwrap_or_default());
            to.digest(*answer);
        }
    }

    fn read(from: &mut Reader) -> Option<Self> {
        let options = from.digest()?;
        let inputs = Inputs::read(from)?;
        let is_closed = from.bool()?;
        let mut number = || from.number().and_then(|number| usize::try_from(number).ok());
        let (pages, sections, files) = (number()?, number()?, number()?);
        let state = State::read(from)?;
        let count = from.count()?;
        let mut made = HashMap::with_capacity(count);
        for _ in 0..count {
            let (path, of) = (from.text()?.into(), from.digest()?);
            let questions: Option<Vec<u32>> = (0..from.count()?).map(|_| u32::try_from(from.number()?).ok()).collect();
            made.insert(path, Made { of, questions: questions? });
        }
        let count = from.count()?;
        let mut questions = Vec::with_capacity(count);
        for _ in 0..count {
            let (function, arguments) = (from.text()?.to_owned(), from.bytes()?.to_vec());
            let (has_lang, lang) = (from.bool()?, from.text()?);
            let question = Question { function, arguments, lang: has_lang.then(|| lang.to_owned()) };
            questions.push((question, from.digest()?));
        }
        // What no question is known by was not written by this.
        let known = |made: &Made| made.questions.iter().all(|number| (*number as usize) < questions.len());
        made.values().all(known).then_some(())?;
        Some(Self { options, inputs, is_closed, pages, sections, files, state, made, questions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let question = Question { function: "get_page".into(), arguments: vec![1, 2], lang: Some("zh".into()) };
        let record = Record {
            is_closed: true,
            pages: 3,
            made: HashMap::from([("a".into(), Made { of: Digest::of(b"a"), questions: vec![1, 0] })]),
            questions: vec![
                (question.clone(), Digest::of(b"q")),
                (Question { lang: None, ..question }, Digest::default()),
            ],
            ..Record::default()
        };
        let mut writer = Writer::default();
        record.write(&mut writer);
        assert_eq!(Record::read(&mut Reader(&writer.0)).as_ref(), Some(&record));
        for cut in 0..writer.0.len() {
            assert_eq!(Record::read(&mut Reader(&writer.0[..cut])), None);
        }
        let wrong = Record { questions: Vec::new(), ..record };
        let mut writer = Writer::default();
        wrong.write(&mut writer);
        assert_eq!(Record::read(&mut Reader(&writer.0)), None);
    }
}
