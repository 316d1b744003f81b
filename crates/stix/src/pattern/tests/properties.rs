//! Properties that hold for every pattern and every text.

use proptest::prelude::*;

use crate::pattern::{
    Comparison, ComparisonExpression, Literal, ObjectPath, ObservationExpression, ObservationKind,
    Operand, Operator, PathStep, Pattern, Qualifier, TimestampLiteral,
};

fn step() -> impl Strategy<Value = PathStep<'static>> {
    prop_oneof![
        4 => "[a-zA-Z_][a-zA-Z0-9_]{0,6}".prop_map(|name| PathStep::Property(name.into())),
        2 => any::<String>().prop_map(|name| PathStep::Property(name.into())),
        1 => prop_oneof!["AND", "IN", "true", "LAST"].prop_map(|name| PathStep::Property(name.into())),
        1 => any::<i64>().prop_map(PathStep::Index),
        1 => Just(PathStep::AnyIndex),
    ]
}

fn path() -> impl Strategy<Value = ObjectPath> {
    ("[a-z_][a-z0-9_-]{0,8}", any::<String>(), prop::collection::vec(step(), 0..4)).prop_filter_map(
        "a keyword is no object type",
        |(object_type, first, rest)| {
            let mut steps = vec![PathStep::Property(first.into())];
            steps.extend(rest);
            ObjectPath::new(&object_type, &steps)
        },
    )
}

fn timestamp() -> impl Strategy<Value = TimestampLiteral> {
    "[0-9]{4}-(0[1-9]|1[0-2])-([0-2][1-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,12})?Z"
        .prop_map(|text| TimestampLiteral::new(&text).unwrap())
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::String),
        "[\\\\' a]{0,6}".prop_map(Literal::String),
        any::<i128>().prop_map(Literal::Integer),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Literal::Float),
        any::<bool>().prop_map(Literal::Boolean),
        prop::collection::vec(any::<u8>(), 1..8).prop_map(Literal::Binary),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Literal::Hex),
        timestamp().prop_map(Literal::Timestamp),
    ]
}

fn comparison() -> impl Strategy<Value = ComparisonExpression> {
    let operators = prop::sample::select(vec![
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Like,
        Operator::Matches,
        Operator::IsSubset,
        Operator::IsSuperset,
    ]);
    let operand = prop_oneof![
        6 => (operators, literal()).prop_map(|(operator, literal)| (operator, Operand::Literal(literal))),
        1 => prop::collection::vec(literal(), 0..4).prop_map(|set| (Operator::In, Operand::Set(set))),
        1 => Just((Operator::Exists, Operand::None)),
    ];
    (path(), operand, any::<bool>()).prop_filter_map(
        "the operator takes the operand",
        |(path, (operator, operand), negated)| {
            let comparison = Comparison::new(path, operator, operand)?.with_negated(negated);
            Some(ComparisonExpression::Test(comparison))
        },
    )
}

/// An expression as the grammar builds it: an operand that binds looser stands in a group.
fn comparisons() -> impl Strategy<Value = ComparisonExpression> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        let unit = prop_oneof![
            comparison(),
            inner.prop_map(|inner| ComparisonExpression::Group(Box::new(inner))),
        ]
        .boxed();
        let and = prop::collection::vec(unit.clone(), 2..4).prop_map(ComparisonExpression::And);
        let or = prop::collection::vec(prop_oneof![unit.clone(), and.clone()], 2..4);
        prop_oneof![unit, and, or.prop_map(ComparisonExpression::Or)]
    })
}

fn qualifiers() -> impl Strategy<Value = Vec<Qualifier>> {
    let seconds = prop_oneof![(0_u32..10_000).prop_map(f64::from), 0.0..1e300_f64];
    let qualifier = prop_oneof![
        any::<u64>().prop_map(Qualifier::Repeats),
        seconds.prop_map(Qualifier::Within),
        (timestamp(), timestamp()).prop_map(|(start, stop)| Qualifier::StartStop { start, stop }),
    ];
    prop::collection::vec(qualifier, 0..3)
}

fn observations() -> impl Strategy<Value = ObservationExpression> {
    let qualified = |(kind, qualifiers): (ObservationKind, Vec<Qualifier>)| {
        qualifiers.into_iter().fold(ObservationExpression::new(kind), |expression, qualifier| {
            expression.with_qualifier(qualifier)
        })
    };
    let simple = (comparisons().prop_map(ObservationKind::Comparison), qualifiers());
    let simple = simple.prop_map(qualified).boxed();
    simple.clone().prop_recursive(3, 8, 3, move |inner| {
        let group = inner.prop_map(|inner| ObservationKind::Group(Box::new(inner)));
        let unit = prop_oneof![simple.clone(), (group, qualifiers()).prop_map(qualified)].boxed();
        let and = prop::collection::vec(unit.clone(), 2..4)
            .prop_map(|operands| ObservationExpression::new(ObservationKind::And(operands)))
            .boxed();
        let or = prop::collection::vec(prop_oneof![unit.clone(), and.clone()], 2..4)
            .prop_map(|operands| ObservationExpression::new(ObservationKind::Or(operands)))
            .boxed();
        let operand = prop_oneof![unit.clone(), and.clone(), or.clone()];
        let ordered = prop::collection::vec(operand, 2..4)
            .prop_map(|operands| ObservationExpression::new(ObservationKind::FollowedBy(operands)));
        prop_oneof![unit, and, or, ordered]
    })
}

/// Text made of pieces of the language, right or wrong.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "[",
            "]",
            "(",
            ")",
            "a:b",
            "=",
            "'x'",
            "'",
            "\\",
            "1",
            ".5",
            "-",
            " ",
            "AND",
            "OR",
            "NOT",
            "IN",
            "EXISTS",
            "FOLLOWEDBY",
            "WITHIN",
            "SECONDS",
            "REPEATS",
            "TIMES",
            "/*",
            "*/",
            "//",
            "\n",
            "t'",
            "h'ab'",
            "b'",
            "*",
            "[a:b = 1]",
            "\u{3000}",
            "é",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    // Would catch a literal, path, operator or qualifier that is printed so that it reads as something else.
    #[test]
    fn what_is_printed_reads_back(expression in observations()) {
        let printed = expression.to_string();
        let pattern = Pattern::parse(&printed).map_err(|error| TestCaseError::fail(error.render()))?;
        prop_assert_eq!(pattern.expression(), &expression);
        prop_assert_eq!(pattern.to_string(), printed);
    }

    // Would catch a span that is off: the text of every comparison reads as that comparison.
    #[test]
    fn spans_cover_what_they_name(expression in observations()) {
        let pattern = Pattern::parse(&expression.to_string()).unwrap();
        for comparison in pattern.comparisons() {
            let text = &pattern.source()[comparison.span().range()];
            let alone = Pattern::parse(&format!("[{text}]")).unwrap();
            prop_assert_eq!(alone.comparisons().next(), Some(comparison));
            let path = &pattern.source()[comparison.path().span().range()];
            prop_assert_eq!(path, comparison.path().as_str());
        }
    }

    // Would catch a panic or an offset outside the text.
    #[test]
    fn no_text_panics(source in soup()) {
        match Pattern::parse(&source) {
            Ok(pattern) => {
                prop_assert_eq!(&Pattern::parse(&pattern.to_string()).unwrap(), &pattern);
                pattern.check();
                pattern.inspect();
                prop_assert_eq!(pattern.is_equivalent_to(&pattern.clone()), Ok(true));
            }
            Err(error) => {
                prop_assert!(source.is_char_boundary(error.offset()));
                prop_assert!(error.render().contains('^'));
            }
        }
    }
}
