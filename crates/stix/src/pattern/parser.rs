//! Reads a pattern: one function per rule of the OASIS grammar, on the tokens of the lexer.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::error::{Fault, ParseErrorKind};
use super::path::{PathBuilder, unescape};
use super::token::{Lexer, Token, TokenKind};
use super::{
    Comparison, ComparisonExpression, Literal, ObjectPath, ObservationExpression, ObservationKind,
    Operand, Operator, Qualifier, Span, TimestampLiteral,
};

/// How deep parentheses may be nested, observation and comparison expressions together.
///
/// A chain of operators is flat, however long it is: only parentheses count. The deepest pattern of the OASIS test
/// suites has five; the limit keeps everything that walks an expression within a small stack.
pub const MAX_NESTING: usize = 256;

/// The grammar lets the unused bits before the padding be anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

#[derive(Debug)]
pub(super) struct Parser<'s> {
    source: &'s str,
    lexer: Lexer<'s>,
    token: Token,
    previous: Span,
    depth: usize,
}

impl<'s> Parser<'s> {
    /// Reads all of `source` as one pattern.
    pub(super) fn parse(source: &'s str) -> Result<ObservationExpression, Fault> {
        let whole = Span::new(0, source.len());
        let mut lexer = Lexer::new(source, whole);
        let token = lexer.next_token()?;
        let mut parser = Parser { source, lexer, token, previous: Span::default(), depth: 0 };
        let root = parser.followed_by()?;
        match parser.token.kind {
            TokenKind::End => Ok(root),
            _ => Err(parser.unexpected("an observation operator, a qualifier or the end")),
        }
    }

    // Observation expressions.

    fn followed_by(&mut self) -> Result<ObservationExpression, Fault> {
        let first = self.observation_or()?;
        self.chain(first, TokenKind::FollowedBy, Self::observation_or, ObservationKind::FollowedBy)
    }

    fn observation_or(&mut self) -> Result<ObservationExpression, Fault> {
        let first = self.observation_and()?;
        self.chain(first, TokenKind::Or, Self::observation_and, ObservationKind::Or)
    }

    fn observation_and(&mut self) -> Result<ObservationExpression, Fault> {
        let first = self.observation()?;
        self.chain(first, TokenKind::And, Self::observation, ObservationKind::And)
    }

    fn chain(
        &mut self,
        first: ObservationExpression,
        operator: TokenKind,
        operand: fn(&mut Self) -> Result<ObservationExpression, Fault>,
        build: fn(Vec<ObservationExpression>) -> ObservationKind,
    ) -> Result<ObservationExpression, Fault> {
        if self.token.kind != operator {
            return Ok(first);
        }
        let start = first.span;
        let mut operands = vec![first];
        while self.token.kind == operator {
            self.bump()?;
            operands.push(operand(self)?);
        }
        let span = start.to(self.previous);
        Ok(ObservationExpression { kind: build(operands), qualifiers: Vec::new(), span })
    }

    fn observation(&mut self) -> Result<ObservationExpression, Fault> {
        let start = self.token.span;
        let kind = match self.token.kind {
            TokenKind::LeftBracket => {
                self.bump()?;
                let comparison = self.comparison_or()?;
                self.expect(TokenKind::RightBracket, "`]`, `AND` or `OR`")?;
                ObservationKind::Comparison(comparison)
            }
            TokenKind::LeftParen => {
                self.enter()?;
                let inner = self.followed_by()?;
                self.leave("`)`, an observation operator or a qualifier")?;
                ObservationKind::Group(Box::new(inner))
            }
            _ => return Err(self.unexpected("`[` or `(`")),
        };
        let qualifiers = self.qualifiers()?;
        Ok(ObservationExpression { kind, qualifiers, span: start.to(self.previous) })
    }

    fn qualifiers(&mut self) -> Result<Vec<Qualifier>, Fault> {
        let mut qualifiers = Vec::new();
        loop {
            let qualifier = match self.token.kind {
                TokenKind::Start => self.start_stop()?,
                TokenKind::Within => self.within()?,
                TokenKind::Repeats => self.repeats()?,
                _ => return Ok(qualifiers),
            };
            qualifiers.push(qualifier);
        }
    }

    fn start_stop(&mut self) -> Result<Qualifier, Fault> {
        self.bump()?;
        let start = self.timestamp()?;
        self.expect(TokenKind::Stop, "`STOP`")?;
        let stop = self.timestamp()?;
        Ok(Qualifier::StartStop { start, stop })
    }

    fn timestamp(&mut self) -> Result<TimestampLiteral, Fault> {
        let text = self.between_quotes(self.token.span);
        let expected = "a timestamp literal `t'…'`";
        let timestamp = match self.token.kind {
            TokenKind::Timestamp => TimestampLiteral::new(text),
            _ => None,
        };
        let timestamp = timestamp.ok_or_else(|| self.unexpected(expected))?;
        self.bump()?;
        Ok(timestamp)
    }

    fn within(&mut self) -> Result<Qualifier, Fault> {
        self.bump()?;
        let expected = "a number of seconds without a minus sign";
        let text = self.text(self.token.span);
        if !matches!(self.token.kind, TokenKind::Integer | TokenKind::Float)
            || text.starts_with('-')
        {
            return Err(self.unexpected(expected));
        }
        let seconds = self.finite()?;
        self.bump()?;
        self.expect(TokenKind::Seconds, "`SECONDS`")?;
        Ok(Qualifier::Within(seconds))
    }

    fn repeats(&mut self) -> Result<Qualifier, Fault> {
        self.bump()?;
        let text = self.text(self.token.span);
        if self.token.kind != TokenKind::Integer || text.starts_with('-') {
            return Err(self.unexpected("a number of repetitions without a minus sign"));
        }
        let Ok(times) = text.parse() else {
            let range = self.token.span.range();
            return Err(Fault::out_of_range(range, "a number of repetitions of at most 64 bits"));
        };
        self.bump()?;
        self.expect(TokenKind::Times, "`TIMES`")?;
        Ok(Qualifier::Repeats(times))
    }

    // Comparison expressions.

    fn comparison_or(&mut self) -> Result<ComparisonExpression, Fault> {
        let first = self.comparison_and()?;
        if self.token.kind != TokenKind::Or {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.token.kind == TokenKind::Or {
            self.bump()?;
            operands.push(self.comparison_and()?);
        }
        Ok(ComparisonExpression::Or(operands))
    }

    fn comparison_and(&mut self) -> Result<ComparisonExpression, Fault> {
        let first = self.comparison_unit()?;
        if self.token.kind != TokenKind::And {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.token.kind == TokenKind::And {
            self.bump()?;
            operands.push(self.comparison_unit()?);
        }
        Ok(ComparisonExpression::And(operands))
    }

    fn comparison_unit(&mut self) -> Result<ComparisonExpression, Fault> {
        match self.token.kind {
            TokenKind::LeftParen => {
                self.enter()?;
                let inner = self.comparison_or()?;
                self.leave("`)`, `AND` or `OR`")?;
                Ok(ComparisonExpression::Group(Box::new(inner)))
            }
            TokenKind::Not | TokenKind::Exists => self.exists(),
            _ => self.test(),
        }
    }

    fn exists(&mut self) -> Result<ComparisonExpression, Fault> {
        let start = self.token.span;
        let negated = self.eat(TokenKind::Not)?;
        let operator = (Operator::Exists, self.token.span);
        self.expect(TokenKind::Exists, "`EXISTS`")?;
        let path = self.path()?;
        let span = start.to(self.previous);
        let test = Comparison::read(path, negated, operator, Operand::None, span);
        Ok(ComparisonExpression::Test(test))
    }

    fn test(&mut self) -> Result<ComparisonExpression, Fault> {
        let start = self.token.span;
        let path = self.path()?;
        let negated = self.eat(TokenKind::Not)?;
        let operator = self.operator()?;
        let operator_span = self.token.span;
        self.bump()?;
        let operand = match operator {
            Operator::In => Operand::Set(self.set()?),
            Operator::Like | Operator::Matches | Operator::IsSubset | Operator::IsSuperset => {
                if self.token.kind != TokenKind::String {
                    return Err(self.unexpected("a string"));
                }
                Operand::Literal(self.literal()?)
            }
            Operator::Equal | Operator::NotEqual => Operand::Literal(self.literal()?),
            _ if self.token.kind == TokenKind::Boolean => {
                return Err(self.unexpected("a literal that has an order"));
            }
            _ => Operand::Literal(self.literal()?),
        };
        let span = start.to(self.previous);
        let test = Comparison::read(path, negated, (operator, operator_span), operand, span);
        Ok(ComparisonExpression::Test(test))
    }

    fn operator(&self) -> Result<Operator, Fault> {
        Ok(match self.token.kind {
            TokenKind::Equal => Operator::Equal,
            TokenKind::NotEqual => Operator::NotEqual,
            TokenKind::Less => Operator::Less,
            TokenKind::LessOrEqual => Operator::LessOrEqual,
            TokenKind::Greater => Operator::Greater,
            TokenKind::GreaterOrEqual => Operator::GreaterOrEqual,
            TokenKind::In => Operator::In,
            TokenKind::Like => Operator::Like,
            TokenKind::Matches => Operator::Matches,
            TokenKind::IsSubset => Operator::IsSubset,
            TokenKind::IsSuperset => Operator::IsSuperset,
            _ => return Err(self.unexpected("a comparison operator")),
        })
    }

    fn path(&mut self) -> Result<ObjectPath, Fault> {
        let start = self.token.span;
        if !matches!(self.token.kind, TokenKind::Identifier | TokenKind::HyphenatedIdentifier) {
            return Err(self.unexpected("an object type, `EXISTS` or `(`"));
        }
        self.bump()?;
        self.expect(TokenKind::Colon, "`:`")?;
        if self.token.kind == TokenKind::Identifier {
            let step = self.token.span;
            self.bump()?;
            let written = step.end() - start.start();
            let adjacent = start.range().len() + 1 + step.range().len();
            if written == adjacent
                && !matches!(self.token.kind, TokenKind::Dot | TokenKind::LeftBracket)
            {
                // Most paths are a type and one name, and stand in the text in their canonical form.
                let span = start.to(step);
                let length = start.range().len();
                return Ok(ObjectPath::from_canonical(self.text(span), length, span));
            }
            let mut builder = PathBuilder::new(self.text(start));
            builder.plain_property(self.text(step));
            return self.more_steps(builder, start);
        }
        let mut builder = PathBuilder::new(self.text(start));
        self.step(&mut builder)?;
        self.more_steps(builder, start)
    }

    fn more_steps(&mut self, mut builder: PathBuilder, start: Span) -> Result<ObjectPath, Fault> {
        loop {
            match self.token.kind {
                TokenKind::Dot => {
                    self.bump()?;
                    self.step(&mut builder)?;
                }
                TokenKind::LeftBracket => {
                    self.bump()?;
                    if !matches!(self.token.kind, TokenKind::Integer | TokenKind::Asterisk) {
                        return Err(self.unexpected("an index or `*`"));
                    }
                    builder.index(self.text(self.token.span));
                    self.bump()?;
                    self.expect(TokenKind::RightBracket, "`]`")?;
                }
                _ => return Ok(builder.finish(start.to(self.previous))),
            }
        }
    }

    fn step(&mut self, builder: &mut PathBuilder) -> Result<(), Fault> {
        match self.token.kind {
            TokenKind::Identifier => builder.plain_property(self.text(self.token.span)),
            TokenKind::String => {
                builder.property(&unescape(self.between_quotes(self.token.span)));
            }
            _ => return Err(self.unexpected("a property name without hyphens, or one in quotes")),
        }
        self.bump()
    }

    fn set(&mut self) -> Result<Vec<Literal>, Fault> {
        self.expect(TokenKind::LeftParen, "`(` and the members of a set")?;
        let mut members = Vec::new();
        if self.eat(TokenKind::RightParen)? {
            return Ok(members);
        }
        loop {
            members.push(self.literal()?);
            if !self.eat(TokenKind::Comma)? {
                self.expect(TokenKind::RightParen, "`,` or `)`")?;
                return Ok(members);
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, Fault> {
        let text = self.text(self.token.span);
        let inner = self.between_quotes(self.token.span);
        let literal = match self.token.kind {
            TokenKind::String => Some(Literal::String(unescape(inner).into_owned())),
            TokenKind::Integer => match text.parse() {
                Ok(value) => Some(Literal::Integer(value)),
                Err(_) => {
                    let range = self.token.span.range();
                    return Err(Fault::out_of_range(range, "an integer of at most 128 bits"));
                }
            },
            TokenKind::Float => Some(Literal::Float(self.finite()?)),
            TokenKind::Boolean => Some(Literal::Boolean(text == "true")),
            TokenKind::Binary => BASE64.decode(inner).ok().map(Literal::Binary),
            TokenKind::Hex => Some(Literal::Hex(decode_hex(inner))),
            TokenKind::Timestamp => TimestampLiteral::new(inner).map(Literal::Timestamp),
            _ => None,
        };
        let literal = literal.ok_or_else(|| self.unexpected("a literal"))?;
        self.bump()?;
        Ok(literal)
    }

    fn finite(&self) -> Result<f64, Fault> {
        let value = self.text(self.token.span).parse().unwrap_or(f64::INFINITY);
        if value.is_finite() {
            return Ok(value);
        }
        Err(Fault::out_of_range(self.token.span.range(), "a number of at most 64 bits"))
    }

    // Tokens.

    fn bump(&mut self) -> Result<(), Fault> {
        self.previous = self.token.span;
        self.token = self.lexer.next_token()?;
        Ok(())
    }

    fn eat(&mut self, kind: TokenKind) -> Result<bool, Fault> {
        let found = self.token.kind == kind;
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    fn expect(&mut self, kind: TokenKind, expected: &'static str) -> Result<(), Fault> {
        if self.eat(kind)? { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn enter(&mut self) -> Result<(), Fault> {
        if self.depth == MAX_NESTING {
            return Err(Fault::limit(
                ParseErrorKind::TooDeep,
                self.token.span.start(),
                "at most 256 nested parentheses",
                "one more",
            ));
        }
        self.depth += 1;
        self.bump()
    }

    fn leave(&mut self, expected: &'static str) -> Result<(), Fault> {
        self.depth -= 1;
        self.expect(TokenKind::RightParen, expected)
    }

    fn unexpected(&self, expected: &'static str) -> Fault {
        Fault::token(self.token.span.range(), expected)
    }

    fn text(&self, span: Span) -> &'s str {
        self.source.get(span.range()).unwrap_or_default()
    }

    /// The text between the quotes of a literal, whose prefix is at most one letter.
    fn between_quotes(&self, span: Span) -> &'s str {
        let text = self.text(span);
        let from = usize::from(!text.starts_with('\'')) + 1;
        text.get(from..text.len().saturating_sub(1)).unwrap_or_default()
    }
}

fn decode_hex(digits: &str) -> Vec<u8> {
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.last()?)?))
        .collect()
}
