"""The kinds of mistakes that people make in hand-written gradients, and where the course looks for each.

A place in an assignment that does not exist yet is not looked up.
"""

from __future__ import annotations

from dataclasses import dataclass

Place = tuple[str, str, str]
"""Assignment, exercise, misconception."""

START, ACTIVATIONS, SOFTMAX = "00_start", "01_activations", "02_softmax"
MATRIX, MLP = "03_matrix_backprop", "04_mlp_backprop"
LOSS, HIDDEN, WHOLE, LOOP = "loss_layer", "hidden_backward", "mlp_backward", "loop_backward"
SAMPLE_OUT, SAMPLE_HIDDEN = "sample_output_backward", "sample_hidden_backward"
NET, COMPARE, WEIGHT_STEPS = "mlp_forward", "compare_gradients", "first_weight_steps"
CHAIN, SQUARED, BACKWARD = "chain_cross_entropy_gradients", "chain_squared_gradients", "linear_backward"
FORWARD, PRODUCT, STEP = "linear_forward", "product_gradients", "matrix_step"
SMOOTHED, PRODUCT_STEPS = "smoothed_gradient", "product_gradient_steps"
SLOPES, KINKS, CHECK = "sigmoid_and_tanh_slopes", "kink_gradients", "gradient_check"


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: misconceptions that are it, the generic pattern that names it in any exercise, and the
    assignment that must give it a place once it exists."""

    name: str
    places: tuple[Place, ...] = ()
    pattern: str = ""
    home: str = ""


KINDS: tuple[Kind, ...] = (
    # --- scale and sign
    Kind(
        "missing 1/N",
        (
            (SOFTMAX, SMOOTHED, "mean_forgotten"),
            (MLP, LOSS, "mean_forgotten"),
            (MLP, WHOLE, "mean_forgotten"),
        ),
        pattern="sum_instead_of_mean",
    ),
    Kind(
        "1/N applied twice",
        (
            (SOFTMAX, SMOOTHED, "mean_taken_twice"),
            (MATRIX, BACKWARD, "all_divided_by_samples"),
            (MLP, LOSS, "mean_taken_twice"),
            (MLP, WHOLE, "mean_taken_twice"),
            (MLP, WHOLE, "parameters_divided_again"),
        ),
        pattern="mean_taken_twice",
    ),
    Kind(
        "1/N applied to sums over samples",
        (
            (MATRIX, PRODUCT, "mean_over_samples"),
            (MATRIX, PRODUCT_STEPS, "mean_over_samples"),
            (MLP, LOOP, "mean_of_the_shares"),
        ),
    ),
    Kind(
        "wrong sign of the gradient",
        (
            (SOFTMAX, SMOOTHED, "sign_exchanged"),
            (MATRIX, CHAIN, "target_and_prediction_exchanged"),
            (MATRIX, STEP, "uphill"),
            (MLP, LOSS, "sign_of_the_gradient"),
            (MLP, WHOLE, "sign_exchanged"),
            (MLP, "one_step", "uphill"),
        ),
        pattern="sign_flipped",
    ),
    Kind(
        "mean instead of sum for the bias",
        (
            (MATRIX, BACKWARD, "db_is_a_mean"),
            (MLP, HIDDEN, "db1_is_a_mean"),
            (MLP, WHOLE, "biases_are_means"),
            (MLP, LOOP, "mean_of_the_biases"),
        ),
    ),
    Kind(
        "factor 2 of a square",
        (
            (ACTIVATIONS, KINKS, "factor_two_missing"),
            (MATRIX, SQUARED, "factor_two_missing"),
            (MLP, WHOLE, "factor_two"),
        ),
        pattern="constant_factor",
    ),
    Kind("a term of the loss left out", ((MATRIX, CHAIN, "only_the_term_of_t"),)),
    Kind("wrong sign of one term", ((MATRIX, CHAIN, "sign_in_the_second_term"),)),
    # --- the output layer
    Kind(
        "softmax applied twice",
        (
            (SOFTMAX, "softmax", "applied_twice"),
            (SOFTMAX, "cross_entropy", "softmax_twice"),
            (SOFTMAX, SMOOTHED, "softmax_twice"),
            (MLP, NET, "softmax_twice"),
            (MLP, LOSS, "softmax_twice"),
            (MLP, WHOLE, "softmax_twice"),
        ),
    ),
    Kind(
        "softmax over the wrong axis",
        (
            (SOFTMAX, "softmax", "over_the_samples"),
            (SOFTMAX, SMOOTHED, "softmax_over_the_samples"),
            (MLP, NET, "softmax_over_the_samples"),
            (MLP, LOSS, "softmax_over_the_samples"),
            (MLP, WHOLE, "softmax_over_the_samples"),
        ),
    ),
    Kind(
        "the output's slope used twice",
        (
            (SOFTMAX, SMOOTHED, "multiplied_by_the_slope"),
            (MATRIX, CHAIN, "output_slope_twice"),
            (MLP, LOSS, "multiplied_by_the_slope"),
            (MLP, WHOLE, "multiplied_by_the_slope"),
        ),
    ),
    Kind(
        "only the diagonal of the softmax Jacobian",
        (
            (SOFTMAX, "softmax_jacobian", "diagonal_only"),
            (SOFTMAX, "jacobian_steps", "diagonal_only"),
            (SOFTMAX, "logit_gradient_steps", "single_product"),
            (SOFTMAX, SMOOTHED, "single_product"),
            (MLP, LOSS, "single_product"),
            (MLP, WHOLE, "single_product"),
        ),
    ),
    Kind(
        "smoothing in the loss and not in the gradient",
        (
            (SOFTMAX, SMOOTHED, "smoothed_in_the_loss_only"),
            (MLP, LOSS, "smoothed_in_the_loss_only"),
            (MLP, WHOLE, "smoothing_forgotten"),
        ),
    ),
    Kind(
        "wrong smoothing constant",
        (
            (SOFTMAX, "smooth_labels", "spread_over_the_others"),
            (SOFTMAX, SMOOTHED, "spread_over_the_others"),
            (MLP, LOSS, "spread_over_the_others"),
            (MLP, WHOLE, "spread_over_the_others"),
        ),
    ),
    Kind("P[:, y] read for one entry a row", ((SOFTMAX, "cross_entropy", "every_pair"),)),
    Kind(
        "P[:, y] -= 1 for one entry a row",
        (
            (SOFTMAX, SMOOTHED, "every_row_loses_all_labels"),
            (MLP, LOSS, "every_row_loses_all_labels"),
            (MLP, WHOLE, "every_row_loses_all_labels"),
        ),
    ),
    Kind(
        "a sum over the classes kept in the derivative by one probability",
        ((SOFTMAX, "probability_gradient", "sum_kept"),),
    ),
    Kind(
        "classes counted from 1",
        ((SOFTMAX, "cross_entropy", "labels_from_one"), (MLP, "one_step", "class_counted_from_1")),
    ),
    Kind("sum for mean in the loss", ((SOFTMAX, "cross_entropy", "sum_for_mean"),)),
    Kind("keepdims forgotten", ((SOFTMAX, "softmax", "keepdims_forgotten"),)),
    Kind(
        "overflow in exp",
        (
            (ACTIVATIONS, "softplus_and_log_sigmoid", "exp_overflows"),
            (ACTIVATIONS, SLOPES, "exp_of_minus_x_overflows"),
            (SOFTMAX, "softmax", "no_shift"),
            (SOFTMAX, "cross_entropy", "no_shift"),
            (MLP, NET, "no_shift"),
            (MLP, LOSS, "log_sum_exp_without_shift"),
        ),
        pattern="not_finite",
    ),
    Kind(
        "logarithm of a probability that is 0",
        (
            (ACTIVATIONS, "softplus_and_log_sigmoid", "log_of_the_sigmoid"),
            (SOFTMAX, "cross_entropy", "logarithm_of_softmax"),
            (MLP, LOSS, "logarithm_of_p"),
        ),
    ),
    Kind(
        "clipped logarithm",
        (
            (ACTIVATIONS, "softplus_and_log_sigmoid", "clipped_logarithm"),
            (SOFTMAX, "cross_entropy", "clipped_1e_12"),
            (SOFTMAX, "cross_entropy", "added_1e_8"),
            (MLP, LOSS, "added_1e_8"),
            (MLP, LOSS, "clipped_1e_12"),
            (MLP, WHOLE, "logarithm_added_1e_8"),
        ),
    ),
    Kind("softmax and softplus confused", ((ACTIVATIONS, "softplus_and_log_sigmoid", "softmax_for_softplus"),)),
    Kind("the slope of another loss", ((MATRIX, CHAIN, "squared_loss"), (MATRIX, SQUARED, "cross_entropy_kept"))),
    # --- activations and hidden units
    Kind(
        "a slope left out",
        (
            (MATRIX, CHAIN, "first_slope_missing"),
            (MATRIX, CHAIN, "hidden_slopes_missing"),
            (MLP, SAMPLE_HIDDEN, "mask_missing"),
            (MLP, HIDDEN, "mask_missing"),
            (MLP, WHOLE, "mask_missing"),
            (MLP, WEIGHT_STEPS, "slope_missing"),
        ),
    ),
    Kind(
        "a slope where there is no activation",
        (
            (MATRIX, SQUARED, "output_slope_kept"),
            (MLP, WHOLE, "mask_at_the_output"),
            (MLP, NET, "rectified_output"),
        ),
    ),
    Kind(
        "the function for its slope, relu'(z) = relu(z)",
        (
            (ACTIVATIONS, KINKS, "relu_instead_of_its_slope"),
            (MLP, SAMPLE_HIDDEN, "relu_for_its_slope"),
            (MLP, HIDDEN, "relu_for_its_slope"),
            (MLP, WHOLE, "relu_for_its_slope"),
            (MLP, WEIGHT_STEPS, "relu_for_its_slope"),
        ),
    ),
    Kind(
        "inverted mask",
        (
            (ACTIVATIONS, KINKS, "inverted_mask"),
            (MLP, SAMPLE_HIDDEN, "inverted_mask"),
            (MLP, HIDDEN, "inverted_mask"),
            (MLP, WHOLE, "inverted_mask"),
            (MLP, WEIGHT_STEPS, "inverted_condition"),
        ),
    ),
    Kind(
        "a mask where there is no rectifier",
        (
            (MATRIX, BACKWARD, "mask_in_dx"),
            (MLP, SAMPLE_HIDDEN, "mask_at_the_input"),
            (MLP, HIDDEN, "mask_at_the_input"),
        ),
    ),
    Kind(
        "slope evaluated at a instead of z",
        (
            (ACTIVATIONS, SLOPES, "slope_at_the_activation"),
            (MATRIX, CHAIN, "slope_at_the_activation"),
            (MLP, SAMPLE_HIDDEN, "slope_of_sigmoid"),
            (MLP, HIDDEN, "slope_of_tanh"),
            (MLP, WHOLE, "slope_of_tanh"),
        ),
    ),
    Kind(
        "z(1 - z) for the slope of the sigmoid",
        (
            (ACTIVATIONS, SLOPES, "function_not_applied"),
            (MATRIX, CHAIN, "slope_fed_with_z"),
            (MLP, WHOLE, "slope_fed_with_z"),
        ),
    ),
    Kind(
        "z instead of a in the gradient of a weight",
        (
            (MATRIX, CHAIN, "z_instead_of_a"),
            (MLP, WHOLE, "z1_in_dw2"),
        ),
    ),
    Kind(
        "off by one unit on the way back",
        (
            (MATRIX, CHAIN, "weights_shifted"),
            (MLP, SAMPLE_HIDDEN, "da1_in_the_first_layer"),
            (MLP, WHOLE, "da1_in_the_first_layer"),
        ),
    ),
    Kind("a factor of the chain lost", ((MATRIX, SQUARED, "w2_missing"), (MATRIX, SQUARED, "a1_missing"))),
    Kind(
        "what arrives is left out",
        (
            (MATRIX, PRODUCT, "upstream_left_out"),
            (MATRIX, PRODUCT_STEPS, "upstream_left_out"),
            (MLP, SAMPLE_OUT, "upstream_left_out"),
            (MLP, WEIGHT_STEPS, "upstream_left_out"),
        ),
    ),
    Kind(
        "sign(0) is not 0",
        ((ACTIVATIONS, "sign_formula", "minus_one_at_zero"), (ACTIVATIONS, KINKS, "minus_one_at_zero")),
    ),
    # --- shapes, transposes, broadcasting
    Kind(
        "dW transposed",
        (
            (MATRIX, BACKWARD, "dw_transposed"),
            (MLP, SAMPLE_OUT, "dw2_transposed"),
            (MLP, HIDDEN, "dw1_transposed"),
            (MLP, WHOLE, "dw2_transposed"),
        ),
        pattern="transposed",
    ),
    Kind(
        "dW without the transpose of X",
        (
            (MATRIX, BACKWARD, "x_not_transposed"),
            (MLP, HIDDEN, "x_not_transposed"),
            (MLP, WHOLE, "a1_not_transposed"),
        ),
    ),
    Kind(
        "dX without the transpose of W",
        (
            (MATRIX, BACKWARD, "w_not_transposed"),
            (MLP, WHOLE, "w2_not_transposed"),
            (MLP, HIDDEN, "w1_not_transposed"),
        ),
    ),
    Kind("the factors of a product exchanged", ((MATRIX, PRODUCT, "both_on_the_wrong_side"),)),
    Kind("formulas of the other convention, samples as columns", ((MATRIX, BACKWARD, "dw_of_columns"),)),
    Kind(
        "sum over the wrong axis for the bias",
        (
            (MATRIX, BACKWARD, "db_over_the_units"),
            (MLP, HIDDEN, "db1_over_the_units"),
            (MLP, WHOLE, "db2_over_the_classes"),
        ),
        pattern="wrong_axis",
    ),
    Kind(
        "no sum for the bias",
        (
            (MATRIX, BACKWARD, "db_not_summed"),
            (MLP, HIDDEN, "db1_not_summed"),
        ),
        pattern="sum_missing",
    ),
    Kind(
        "bias as a column",
        (
            (MATRIX, FORWARD, "bias_as_a_column"),
            (MLP, NET, "b1_as_a_column"),
            (MLP, NET, "b2_as_a_column"),
        ),
        pattern="column_instead_of_vector",
    ),
    Kind("(N,) minus (N, 1)", ((START, "mean_squared_error", "table_of_all_pairs"),), pattern="broadcast_to_matrix"),
    Kind(
        ".T of a vector",
        (
            (START, "outer_product", "transposed_vector"),
            (MATRIX, BACKWARD, "dot_of_vectors"),
            (MLP, SAMPLE_OUT, "dot_of_vectors"),
            (MLP, LOOP, "dot_of_vectors"),
        ),
    ),
    Kind(
        "* instead of @",
        (
            (MATRIX, FORWARD, "elementwise"),
            (MATRIX, PRODUCT, "elementwise"),
            (MLP, NET, "elementwise"),
            (MLP, HIDDEN, "elementwise_dw1"),
            (MLP, WHOLE, "elementwise_dw2"),
        ),
    ),
    Kind(
        "lost sum over the samples",
        (
            (MATRIX, BACKWARD, "only_the_last_sample"),
            (MATRIX, PRODUCT, "last_sample_only"),
            (MATRIX, PRODUCT_STEPS, "sum_missing"),
            (MLP, HIDDEN, "only_the_last_sample"),
            (MLP, WHOLE, "dw2_of_the_last_sample"),
            (MLP, LOOP, "replaced_instead_of_added"),
        ),
    ),
    # --- state and order
    Kind(
        "inputs changed in place",
        (
            (ACTIVATIONS, KINKS, "rectified_in_place"),
            (SOFTMAX, "softmax_gradient", "changed_in_place"),
            (START, "centre_rows", "changed_in_place"),
            (MLP, NET, "rectified_in_place"),
            (MLP, LOSS, "changed_in_the_cache"),
            (MLP, HIDDEN, "masked_in_place"),
            (MLP, WHOLE, "changed_in_the_cache"),
            (MLP, WHOLE, "rectified_in_place"),
        ),
        pattern="input_mutated",
    ),
    Kind(
        "something remembered between calls",
        ((MLP, LOOP, "not_set_to_zero"), (MLP, WHOLE, "sums_kept_between_calls")),
        pattern="second_call_differs",
        home=MLP,
    ),
    Kind(
        "a stale cache",
        ((MLP, WHOLE, "first_cache_remembered"), (MLP, NET, "first_call_remembered")),
        home=MLP,
    ),
    Kind(
        "a parameter updated before it is used",
        (
            (MLP, WHOLE, "w2_updated_first"),
            (MLP, WHOLE, "w2_updated_in_place"),
            (MLP, SAMPLE_OUT, "w2_updated_first"),
            (MLP, "one_step", "w2_updated_first"),
        ),
        home=MLP,
    ),
    Kind("one array under two names", ((MLP, LOOP, "one_array_for_two"), (MLP, WHOLE, "masked_in_place")), home=MLP),
    Kind(
        "a mask of the upstream",
        (
            (MLP, SAMPLE_HIDDEN, "mask_of_the_upstream"),
            (MLP, HIDDEN, "mask_of_the_upstream"),
            (MLP, WHOLE, "mask_of_the_upstream"),
            (MLP, WEIGHT_STEPS, "condition_of_the_upstream"),
        ),
        home=MLP,
    ),
    Kind(
        "an input in the gradient of a bias",
        ((MLP, SAMPLE_HIDDEN, "x_in_db1"), (MLP, "one_step", "bias_with_an_input")),
        home=MLP,
    ),
    Kind(
        "results in another order",
        (
            (ACTIVATIONS, SLOPES, "order_of_results"),
            (MATRIX, BACKWARD, "order_of_results"),
            (MLP, WHOLE, "order_of_results"),
        ),
    ),
    # --- the gradient check itself
    Kind(
        "arrays of integers",
        (
            (ACTIVATIONS, CHECK, "copy_of_integers"),
            (MATRIX, FORWARD, "array_of_the_type_of_x"),
            (MLP, COMPARE, "copies_of_integers"),
            (MLP, WHOLE, "arrays_of_the_type_of_the_weights"),
            (MLP, LOOP, "arrays_of_the_type_of_x"),
            (MLP, HIDDEN, "dw1_of_the_type_of_x"),
            (MLP, HIDDEN, "dx_of_the_type_of_x"),
        ),
        pattern="truncated",
    ),
    Kind(
        "one-sided difference",
        (
            (ACTIVATIONS, CHECK, "forward_difference"),
            (MLP, COMPARE, "forward_difference"),
        ),
    ),
    Kind(
        "a fixed step",
        (
            (ACTIVATIONS, CHECK, "step_ignored"),
            (MLP, COMPARE, "step_ignored"),
        ),
    ),
    Kind("a numerical derivative where a formula is asked for", pattern="numerical_derivative"),
    Kind("one norm over all parameters", ((MLP, COMPARE, "one_error_for_all"),), home=MLP),
    Kind(
        "a moved entry that is not put back",
        (
            (ACTIVATIONS, CHECK, "not_restored"),
            (MLP, COMPARE, "not_restored"),
        ),
    ),
    Kind(
        "an error without a scale",
        (
            (ACTIVATIONS, CHECK, "absolute_error"),
            (MLP, COMPARE, "absolute_error"),
        ),
    ),
    Kind(
        "0 / 0 for two gradients that are zero",
        (
            (ACTIVATIONS, CHECK, "zero_over_zero"),
            (MLP, COMPARE, "error_not_a_number"),
        ),
    ),
)
