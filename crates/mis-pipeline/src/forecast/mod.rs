//! What a run will read and take, before it is started.

mod bytes;
mod case_shapes;
#[expect(clippy::module_inception, reason = "the folder is about the one type")]
mod forecast;
mod machine;
mod network_cost;
mod prediction_forecast;

pub use forecast::{Forecast, forecast_cross_validation, forecast_training};
pub use prediction_forecast::{PredictionForecast, forecast_prediction};

pub(crate) use prediction_forecast::check_memory;
