//! Choices of an experiment file that may stand bare.

/// Gives an externally tagged enum its serde form, and lets a choice stand bare where all its options have defaults:
/// `"z-score"` is `{ z-score = {} }`.
///
/// The enum derives both `Serialize` and `Deserialize` under `#[serde(remote = "Self")]`; each of its variants holds
/// one struct.
///
/// ```
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct Gamma { exponent: f32 }
/// # impl Default for Gamma { fn default() -> Self { Self { exponent: 1.5 } } }
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// #[serde(remote = "Self", rename_all = "kebab-case")]
/// enum Choice { Gamma(Gamma) }
/// mis_core::named_choice!(Choice);
///
/// let bare: Choice = serde_json::from_str(r#""gamma""#)?;
/// let full: Choice = serde_json::from_str(r#"{ "gamma": { "exponent": 1.5 } }"#)?;
/// assert_eq!(bare, full);
/// let two = serde_json::from_str::<Choice>(r#"{ "gamma": {}, "mirror": {} }"#).unwrap_err();
/// assert!(two.to_string().contains("expected a table with one name, found `mirror` beside it"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[macro_export]
macro_rules! named_choice {
    ($choice:ident) => {
        impl ::serde::Serialize for $choice {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                // The derive's own function of the remote form, not this one.
                <$choice>::serialize(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $choice {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                struct Form;

                impl<'de> ::serde::de::Visitor<'de> for Form {
                    type Value = $choice;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("a name, or a table with a name as its one key")
                    }

                    fn visit_str<E: ::serde::de::Error>(
                        self,
                        name: &str,
                    ) -> ::std::result::Result<$choice, E> {
                        let no_options = ::std::collections::BTreeMap::<&str, &str>::new();
                        let table = ::std::iter::once((name, no_options));
                        let table = ::serde::de::value::MapDeserializer::new(table);
                        <$choice>::deserialize(::serde::de::value::MapAccessDeserializer::new(table))
                    }

                    fn visit_map<A: ::serde::de::MapAccess<'de>>(
                        self,
                        mut table: A,
                    ) -> ::std::result::Result<$choice, A::Error> {
                        let first = ::serde::de::value::MapAccessDeserializer::new(&mut table);
                        let choice = <$choice>::deserialize(first)?;
                        match table.next_key::<::std::string::String>()? {
                            None => Ok(choice),
                            Some(more) => Err(::serde::de::Error::custom(::std::format_args!(
                                "expected a table with one name, found `{more}` beside it"
                            ))),
                        }
                    }
                }

                deserializer.deserialize_any(Form)
            }
        }
    };
}
