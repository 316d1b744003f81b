//! Pages as bytes, in the format of the feed or in another one.

use std::collections::HashMap;

use async_trait::async_trait;
use inthreat_api::{
    Error, Feed, FormattedPage, FormattedPages, LIMIT_DEFAULT, LIMIT_MAX, PageFormat, PageRequest,
    Result, TEXT_LIMIT_MAX,
};
use inthreat_stix::Id;
use inthreat_store::format::{Format, Formulas, PageWriter, name_of};

use crate::{fault::Fault, feeds, reader::Reader, replica::Replica};

/// How many objects are held while a page is written.
const PART: u32 = 250;
/// A page that is longer than this, in bytes, ends with the part at hand.
const PAGE_LENGTH_MAX: usize = 64 << 20;

/// Writes pages of objects as the format says (see `inthreat_store::format`).
#[async_trait]
impl FormattedPages for Replica {
    /// Answers one page. The names of sources and markings are those that the replica knows.
    async fn formatted_page(
        &self,
        request: PageRequest,
        format: PageFormat,
    ) -> Result<FormattedPage> {
        let (now, community) = (self.readers.options.now(), self.community());
        let formulas = self.readers.options.formulas;
        let answer = move |reader: &mut Reader| {
            let feed = feeds::find(&reader.connection, community.as_deref(), &request.feed)?;
            let format = chosen(&feed, format, formulas)?;
            reader.formatted_page(&feed, request, &format, now)
        };
        self.answer_page("write a page of", answer).await
    }
}

fn chosen(feed: &Feed, format: PageFormat, formulas: Formulas) -> Result<Format> {
    match format {
        PageFormat::Own => Format::of(&feed.draft, formulas),
        PageFormat::Json => Ok(Format::json()),
        PageFormat::Text => Ok(Format::text()),
        PageFormat::Csv => Format::csv(&feed.draft.fields, formulas),
        _ => Err(Error::unsupported("a page in this format")),
    }
}

impl Reader {
    fn formatted_page(
        &mut self,
        feed: &Feed,
        mut request: PageRequest,
        format: &Format,
        now: i64,
    ) -> Result<FormattedPage, Fault> {
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=TEXT_LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {TEXT_LIMIT_MAX}")).into());
        }
        let mut left = if format.is_text() { limit } else { limit.min(LIMIT_MAX) };
        // The newest objects are one batch: there is no cursor in the middle of it.
        let is_one_batch = request.latest == Some(true);
        let part = if is_one_batch { LIMIT_MAX } else { PART };
        let mut names = Names::default();
        let mut writer = PageWriter::new(format);
        let mut body = Vec::new();
        loop {
            let wanted = left.min(part);
            request.limit = Some(wanted);
            let page = self.page(feed, &request, now)?;
            for object in &page.objects {
                writer.write(object, |id| names.get(self, id), &mut body)?;
            }
            let count = u32::try_from(page.objects.len()).unwrap_or(u32::MAX);
            left = left.saturating_sub(count);
            request.cursor = page.next_cursor;
            let is_full = left == 0 || body.len() > PAGE_LENGTH_MAX;
            if is_full || count < wanted || is_one_batch {
                break;
            }
        }
        writer.finish(request.cursor.as_ref(), &mut body);
        let mut page = FormattedPage::new(body.into());
        page.next_cursor = request.cursor;
        page.content_type = Some(format.content_type().to_owned());
        Ok(page)
    }
}

/// The names of identities and markings, each read once for a page.
#[derive(Default)]
struct Names(HashMap<Id, Option<String>>);

impl Names {
    fn get(&mut self, reader: &mut Reader, id: &Id) -> Result<Option<String>, Fault> {
        if let Some(known) = self.0.get(id) {
            return Ok(known.clone());
        }
        let name = reader.get(id)?.as_ref().and_then(name_of);
        self.0.insert(id.clone(), name.clone());
        Ok(name)
    }
}
