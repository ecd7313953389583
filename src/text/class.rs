//! What each code point is to the sanitizer: kept, kept only in the right company, or shown as a token.

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, EmojiModifierBase, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
    IndicSyllabicCategory, Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use unicode_segmentation::UnicodeSegmentation;

/// Zero width joiner.
pub(super) const ZWJ: char = '\u{200D}';
/// Zero width non-joiner.
pub(super) const ZWNJ: char = '\u{200C}';
/// The selector that asks for the emoji form.
pub(super) const EMOJI_FORM: char = '\u{FE0F}';
/// The selector that asks for the text form.
const TEXT_FORM: char = '\u{FE0E}';
/// A blank that is drawn as a symbol without dots.
const BRAILLE_BLANK: char = '\u{2800}';

/// What a code point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Shown as it is.
    Keep,
    /// Shown only in the right company; see [`in_company`].
    Company,
    /// Never shown.
    Token,
}

/// The class of a character that is no C0 control.
pub(super) fn class(c: char, strict: bool) -> Class {
    match c {
        ' '..='~' => Class::Keep,
        '\u{A1}'..='\u{AC}' | '\u{AE}'..='\u{2FF}' | 'а'..='я' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='\u{9FFF}' => {
            Class::Keep
        }
        ZWNJ | ZWJ | '\u{FE00}'..='\u{FE0F}' if strict => Class::Token,
        ZWNJ | ZWJ | '\u{FE00}'..='\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}' => Class::Company,
        _ if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) => Class::Token,
        _ => match CodePointMapData::<GeneralCategory>::new().get(c) {
            GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator => Class::Token,
            GeneralCategory::SpaceSeparator if strict => Class::Token,
            _ if strict && c == BRAILLE_BLANK => Class::Token,
            _ => Class::Keep,
        },
    }
}

/// What stands before a code point inside its stretch of kept text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    /// The character directly before.
    last: Option<char>,
    /// The one before that.
    second: Option<char>,
    /// The last character that is no mark, joiner or selector.
    base: Option<char>,
}

impl Before {
    /// Notes the next kept character.
    pub(super) fn push(&mut self, c: char) {
        self.second = self.last;
        self.last = Some(c);
        if !is_mark(c) && !matches!(c, ZWJ | ZWNJ) {
            self.base = Some(c);
        }
    }
}

/// Whether a character of class [`Class::Company`] may stay between these neighbours.
pub(super) fn in_company(c: char, before: &Before, next: Option<char>) -> bool {
    match c {
        ZWJ => joins_emoji(before, next) || follows_virama(before),
        ZWNJ => {
            before.base.is_some_and(needs_non_joiner)
                && before.last.is_some_and(|last| Some(last) == before.base || is_mark(last))
                && next.is_none_or(needs_non_joiner)
        }
        '\u{1F3FB}'..='\u{1F3FF}' => {
            before.last.is_some_and(|last| CodePointSetData::new::<EmojiModifierBase>().contains(last))
        }
        _ => before.last.is_some_and(|last| selectable(last, c)),
    }
}

/// Whether a joiner stands between two pictures, the first perhaps with its form or skin tone.
fn joins_emoji(before: &Before, next: Option<char>) -> bool {
    let first = match before.last {
        Some(EMOJI_FORM | '\u{1F3FB}'..='\u{1F3FF}') => before.second,
        last => last,
    };
    // At the end of a lone cluster there is nothing to look at; only a cell of our own ends so.
    first.is_some_and(is_picture) && next.is_some_and(|next| is_picture(next) && class(next, false) == Class::Keep)
}

/// Whether a joiner stands behind the vowel killer of an Indic letter.
fn follows_virama(before: &Before) -> bool {
    let killer = |c| {
        matches!(
            CodePointMapData::<IndicSyllabicCategory>::new().get(c),
            IndicSyllabicCategory::Virama | IndicSyllabicCategory::PureKiller
        )
    };
    before.last.is_some_and(killer) && before.base.is_some_and(is_letter)
}

fn is_picture(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c)
}

fn group(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Whether the character is a letter of any kind.
pub(super) fn is_letter(c: char) -> bool {
    group(c, GeneralCategoryGroup::Letter)
}

/// Whether the character is a combining mark.
pub(super) fn is_mark(c: char) -> bool {
    c >= '\u{300}' && group(c, GeneralCategoryGroup::Mark)
}

/// Whether the character joins the one before it, whatever that is: most marks, and a few letters.
pub(super) fn leans(c: char) -> bool {
    if !is_mark(c) && !matches!(c, '\u{E33}' | '\u{EB3}' | '\u{FF9E}' | '\u{FF9F}') {
        return false;
    }
    let mut both = String::from("a");
    both.push(c);
    both.graphemes(true).nth(1).is_none()
}

/// Letters of the scripts whose spelling needs the non-joiner.
fn needs_non_joiner(c: char) -> bool {
    is_letter(c)
        && matches!(
            CodePointMapData::<Script>::new().get(c),
            Script::Arabic
                | Script::Syriac
                | Script::Devanagari
                | Script::Bengali
                | Script::Gurmukhi
                | Script::Gujarati
                | Script::Oriya
                | Script::Tamil
                | Script::Telugu
                | Script::Kannada
                | Script::Malayalam
                | Script::Sinhala
        )
}

/// Whether the standard defines a variation of this base by this selector, by blocks of bases.
fn selectable(base: char, selector: char) -> bool {
    match selector {
        EMOJI_FORM | TEXT_FORM => CodePointSetData::new::<Emoji>().contains(base),
        '\u{FE00}' => {
            matches!(base,
            '0' | '\u{2018}' | '\u{2019}' | '\u{201C}' | '\u{201D}'
            | '\u{2205}'..='\u{22DB}' | '\u{2A3C}'..='\u{2ACC}'
            | '\u{FF10}'
            | '\u{1000}'..='\u{1022}' | '\u{1075}'..='\u{1081}' | '\u{AA60}'..='\u{AA7A}'
            | '\u{A840}'..='\u{A877}' | '\u{10AC5}'..='\u{10AEF}')
                || wide_selectable(base)
        }
        '\u{FE01}' => wide_selectable(base) || matches!(base, '\u{2018}' | '\u{2019}' | '\u{201C}' | '\u{201D}'),
        '\u{FE02}' => is_han(base),
        '\u{FE03}'..='\u{FE06}' => matches!(base, '\u{13000}'..='\u{1342F}'),
        _ => false,
    }
}

fn wide_selectable(base: char) -> bool {
    is_han(base)
        || matches!(base, '\u{3001}' | '\u{3002}' | '！' | '，' | '．' | '：' | '；' | '？')
        || matches!(base, '\u{13000}'..='\u{1342F}')
}

fn is_han(c: char) -> bool {
    is_letter(c) && CodePointMapData::<Script>::new().get(c) == Script::Han
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_specification() {
        let tokens = [
            0x80..=0x9F,
            0x61C..=0x61C,
            0x200E..=0x200F,
            0x202A..=0x202E,
            0x2066..=0x2069,
            0xAD..=0xAD,
            0x34F..=0x34F,
            0x115F..=0x1160,
            0x17B4..=0x17B5,
            0x180B..=0x180F,
            0x200B..=0x200B,
            0x2060..=0x2064,
            0x206A..=0x206F,
            0x3164..=0x3164,
            0xFEFF..=0xFEFF,
            0xFFA0..=0xFFA0,
            0xFFF9..=0xFFFB,
            0x1BCA0..=0x1BCA3,
            0x1D173..=0x1D17A,
            0xE0000..=0xE0FFF,
            0x2028..=0x2029,
            0xFDD0..=0xFDEF,
            0xFFFE..=0xFFFF,
            0x1FFFE..=0x1FFFF,
            0x10FFFE..=0x10FFFF,
            0xE000..=0xF8FF,
            0xF0000..=0xF0010,
            0x378..=0x379,
        ];
        for c in tokens.into_iter().flatten().filter_map(char::from_u32) {
            assert_eq!(class(c, false), Class::Token, "U+{:04X}", u32::from(c));
        }
        for c in "aé ß€→漢かカ한ไтعकⅷ😀✓\u{301}\u{A0}\u{FFFD}\u{25CC}‹›…␀".chars() {
            assert_eq!(class(c, false), Class::Keep, "U+{:04X}", u32::from(c));
        }
        assert_eq!(class('\u{A0}', true), Class::Token);
        assert_eq!(class('\u{2800}', true), Class::Token);
        assert_eq!(class(ZWJ, true), Class::Token);
        assert_eq!(class(ZWJ, false), Class::Company);
    }

    #[test]
    fn whatever_joins_the_one_before_is_known_to() {
        for c in ('\u{A0}'..=char::MAX).filter(|c| class(*c, false) == Class::Keep) {
            let both = format!("a{c}");
            assert_eq!(leans(c), both.graphemes(true).count() == 1, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn no_shortcut_keeps_what_the_tables_refuse() {
        for c in (0x80..=0x0010_FFFF).filter_map(char::from_u32) {
            let category = CodePointMapData::<GeneralCategory>::new().get(c);
            let refused = GeneralCategoryGroup::Other.contains(category)
                || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
            assert!(!refused || class(c, false) != Class::Keep, "U+{:04X}", u32::from(c));
        }
    }
}
