"""SpectralClassifier and SpectralRegressor: spectral networks in scikit-learn's manner.

    from npspectral.estimators import SpectralClassifier
    model = SpectralClassifier(random_state=0).fit(x_train, labels_train)
    model.score(x_test, labels_test), model.feature_importances_, model.prune(50).network_

Which features matter, at a rate of false discoveries of .1 (analysis/spectral/price.py):

    model = SpectralClassifier((50,), learning_rate=3e-3, penalty="path", random_state=0)
    print(model.fit(x, labels).relevance(x, labels).to_text())

They work in scikit-learn's Pipeline, GridSearchCV and permutation_importance. They do not need
scikit-learn: nothing of it is imported but its tags, and these only when it asks for them.

From a CSV file to a list and a figure; table.notes says what was done to text, dates and gaps:

    table = read_table("table.csv", "bought")                   # of npspectral.data
    found = relevance_of(table)                                 # of npspectral.table_relevance
    print(found.to_text())
    found.plot(pyplot.figure())                                 # of matplotlib
"""
import copy

import numpy as np

from . import _estimator_input as given
from ._estimator_protocol import Estimator
from ._estimator_relevance import FeatureRelevance
from ._estimator_scale import moments, share_explained, standardized
from ._estimator_training import Training
from .analysis.spectral.pruning import percentile_masks, remove_nodes
from .analysis.spectral.relevance import input_relevance
from .nn import (Chain, Identity, ReLU, Sigmoid, Spectral, Tanh, mean_squared_error,
                 softmax_cross_entropy, tree)
from .training import predict

ACTIVATIONS = {"identity": Identity(), "logistic": Sigmoid(), "relu": ReLU(), "tanh": Tanh()}


class SpectralEstimator(FeatureRelevance, Training, Estimator):
    """What classifier and regressor share.

    The network is a Chain of Spectral layers with lambda_out = 0, W_ij = lambda_in_j phi_ij, and an
    activation between them (Chicchi et al. 2024, arXiv 2406.01183). Adam minimizes loss + penalty
    (sum lambda_in^2 + sum phi^2). The least penalty of all splits of W into lambda_in and phi is
    2 penalty sum_j sqrt(sum_i W_ij^2), a group lasso over features and nodes.

    hidden_layer_sizes  the number of nodes in each hidden layer, a tuple or one integer
    activation          "identity", "logistic", "relu" or "tanh"
    penalty             a number, or "path": the one of 7 numbers from .001 to .1 that 5 folds of
                        the samples choose, each trained from the one before, and settled there
                        (analysis/spectral/penalty_path.py); epochs, tol, patience have no part in
                        it. It takes about 5 times as long, and is the better one for `relevance`
    epochs              at most; training ends when the loss has not fallen by more than `tol` below
                        its lowest for `patience` epochs in a row
    standardize         features, and a regressor's targets, to mean 0 and standard deviation 1
    random_state        None (numpy's global state), an integer, a RandomState or a Generator
    early_stopping      hold out validation_fraction of the samples, the same share of each class;
                        watch their `score` in place of the loss, and keep the best epoch
    verbose             show on stderr how far training is

    After fit: network_ and params_; loss_curve_, the loss of each of n_iter_ epochs; penalty_, and
    path_ if it is "path"; mean_ and scale_ (the network takes (X - mean_) / scale_);
    n_features_in_; feature_names_in_ if X had named columns; validation_scores_ if early_stopping.
    Raises ValueError or TypeError on what does not fit.
    """

    def __init__(self, hidden_layer_sizes=(100,), activation="relu", *, penalty=1e-3,
                 learning_rate=1e-3, batch_size=64, epochs=200, tol=1e-4, patience=10,
                 standardize=True, random_state=None, early_stopping=False,
                 validation_fraction=0.1, verbose=False):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.penalty = penalty
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.tol = tol
        self.patience = patience
        self.standardize = standardize
        self.random_state = random_state
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.verbose = verbose

    def __setstate__(self, state):
        if "params_" in state:              # joblib may map them from a file as np.memmap
            state = {**state, "params_": tree.map(np.asarray, state["params_"])}
        vars(self).update(state)

    def prune(self, percentile, scope="global"):
        """A fitted copy without the hidden nodes that matter least; the estimator is not changed.

        The score of a node is its relevance to the next layer, as that of a feature. Nodes of a
        score below the percentile are removed by analysis.spectral.remove_nodes. The percentile is
        over the nodes of all hidden layers ("global") or of each by itself ("layer").
        hidden_layer_sizes of the copy says how many nodes are left.
        Raises EmptiedLayer if a layer would lose all of its nodes.
        """
        self._check_fitted()
        transfers = [(layer, own) for layer, own in zip(self.network_.layers, self.params_) if own]
        if len(transfers) == 1:
            raise ValueError(f"{self._name}: there is no hidden layer to prune")
        scores = tuple(input_relevance(layer, own) for layer, own in transfers[1:])
        masks = percentile_masks(scores, percentile, scope)
        pruned = copy.deepcopy(self)
        pruned.network_, pruned.params_ = remove_nodes(self.network_, self.params_, masks)
        return pruned.set_params(hidden_layer_sizes=tuple(int(keep.sum()) for keep in masks))

    def _network(self, n_in, n_out):
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"{self._name}: activation is {self.activation!r}, "
                             f"expected one of {sorted(ACTIVATIONS)}")
        hidden = self.hidden_layer_sizes
        if np.iterable(hidden) and not isinstance(hidden, (tuple, list, np.ndarray)):
            raise ValueError(f"{self._name}: hidden_layer_sizes is {hidden!r}, expected a tuple or "
                             f"one integer")
        sizes = (n_in, *(hidden if np.iterable(hidden) else [hidden]), n_out)
        layers = []
        for before, after in zip(sizes, sizes[1:]):
            layers += [Spectral(before, after, lambda_out=0.0), ACTIVATIONS[self.activation]]
        return Chain(*layers[:-1])

    def _weighed(self, x, y, sample_weight):
        """x, y and the weights without samples of weight 0; None for no weights."""
        if sample_weight is None:
            return x, y, None
        weights = given.weights(self._name, sample_weight, len(x))
        some = weights > 0
        return x[some], y[some], weights[some]

    def _standard(self, X):
        """What the network takes for X (n, n_features)."""
        self._check_fitted()
        x = given.features(self._name, X)
        if x.shape[1] != self.n_features_in_:
            raise ValueError(f"X has {x.shape[1]} features, but {self._name} is expecting "
                             f"{self.n_features_in_} features as input")
        given.same_names(self._name, X, getattr(self, "feature_names_in_", None))
        with np.errstate(over="ignore", invalid="ignore"):
            return standardized(x, self.mean_, self.scale_)

    def _output(self, X):
        """The network's outputs (n, n_out) for X (n, n_features)."""
        x = self._standard(X)
        with np.errstate(over="ignore", invalid="ignore"):
            y = predict(self.network_, self.params_, x)
        if not np.isfinite(y).all():
            raise ValueError(f"{self._name}: X is so far from what it was fitted to that the "
                             f"network's outputs are not finite; expected X of a like scale")
        return y

    def _check_fitted(self):
        if not hasattr(self, "params_"):
            raise given.known_as("NotFittedError", given.NotFitted)(
                f"{self._name}: it is not fitted, call fit(X, y) first")


class SpectralClassifier(SpectralEstimator):
    """A classifier trained by softmax cross-entropy, for two or more classes with any labels.

    SpectralEstimator describes the network and the arguments. After fit: classes_, in order.

    >>> x, labels = np.eye(4), ["a", "a", "b", "b"]
    >>> SpectralClassifier((8,), random_state=0).fit(x, labels).predict(x).tolist()
    ['a', 'a', 'b', 'b']
    """

    _estimator_type = "classifier"
    _loss = staticmethod(softmax_cross_entropy)

    def fit(self, X, y, sample_weight=None):
        """Train on X (n, n_features) and labels y (n,); returns the estimator.

        A sample of weight w (sample_weight (n,)) counts as w samples.
        """
        x = given.features(self._name, X)
        y = given.column(self._name, y, len(x))
        x, y, weights = self._weighed(x, y, sample_weight)
        classes, target = given.classes(self._name, y)
        self._train(X, x, target, len(classes), weights)
        self.classes_ = classes
        return self

    def _groups(self, target):
        return target

    def _score(self, y, target, weights):
        return float(np.average(y.argmax(1) == target, weights=weights))

    def _target(self, y, n):
        y = given.labels_like(self._name, y, n, self.classes_)
        target = np.searchsorted(self.classes_, y).clip(0, len(self.classes_) - 1)
        wrong = self.classes_[target] != y
        if wrong.any():
            raise ValueError(f"{self._name}: y[{wrong.argmax()}] is {y[wrong.argmax()]!r}, "
                             f"expected a class of fit")
        return target

    def predict_proba(self, X):
        """Probabilities (n, K) of the K classes, in the order of classes_."""
        y = self._output(X)
        p = np.exp(y - y.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True)

    def predict_log_proba(self, X):
        """The logarithms (n, K) of predict_proba, finite where a probability rounds to 0."""
        y = self._output(X)
        y = y - y.max(1, keepdims=True)
        return y - np.log(np.exp(y).sum(1, keepdims=True))

    def predict(self, X):
        """The most probable class of every sample, (n,)."""
        largest = self._output(X).argmax(1)
        return self.classes_[largest]

    def score(self, X, y, sample_weight=None):
        """The share of samples whose class is right, weighted by sample_weight (n,) if given."""
        predicted = self.predict(X)
        right = predicted == given.labels_like(self._name, y, len(predicted), self.classes_)
        weight = given.weights(self._name, sample_weight, len(predicted))
        return float(np.average(right, weights=weight))


class SpectralRegressor(SpectralEstimator):
    """A regressor trained by mean squared error, for one target or several.

    SpectralEstimator describes the network and the arguments. After fit: target_mean_ and
    target_scale_; the network gives (y - target_mean_) / target_scale_.

    >>> x, y = np.arange(8.0)[:, None], np.arange(8.0)
    >>> SpectralRegressor((50,), random_state=0).fit(x, y).predict(x).shape
    (8,)
    """

    _estimator_type = "regressor"
    _loss = staticmethod(mean_squared_error)

    def fit(self, X, y, sample_weight=None):
        """Train on X (n, n_features) and targets y, (n,) or (n, n_outputs); returns itself.

        A sample of weight w (sample_weight (n,)) counts as w samples.
        """
        x = given.features(self._name, X)
        y = given.targets(self._name, y, len(x))
        x, y, weights = self._weighed(x, y, sample_weight)
        columns = y.reshape(len(y), -1)
        self.target_mean_, self.target_scale_ = moments(columns, self.standardize, weights)
        self._shape = y.shape[1:]
        return self._train(X, x, self._target(y, len(y)), columns.shape[1], weights)

    def _target(self, y, n):
        y = given.targets(self._name, y, n).reshape(n, -1)
        if y.shape[1] != len(self.target_mean_):
            raise ValueError(f"{self._name}: y has {y.shape[1]} columns, expected "
                             f"{len(self.target_mean_)}")
        return (y - self.target_mean_) / self.target_scale_

    def predict(self, X):
        """The targets predicted for X: (n,) or (n, n_outputs), as y had in fit."""
        y = self._output(X)
        return (y * self.target_scale_ + self.target_mean_).reshape(len(y), *self._shape)

    def score(self, X, y, sample_weight=None):
        """R^2 = 1 - sum_b w_b (y_b - p_b)^2 / sum_b w_b (y_b - mean y)^2, mean over the outputs.

        p are the predictions, w (n,) is sample_weight, by default 1, and mean y is weighted by w.
        For a constant y, R^2 is 1 if all predictions are right, else 0, as in scikit-learn.
        """
        p = self.predict(X)
        y = given.targets_like(self._name, y, p)
        weight = given.weights(self._name, sample_weight, len(p))
        return share_explained(y, p, weight)

    def _groups(self, target):
        return np.zeros(len(target))

    def _score(self, y, target, weights):
        return share_explained(target, y, np.ones(len(y)) if weights is None else weights)
