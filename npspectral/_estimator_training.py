"""How an estimator is trained: at one penalty, or along a path of penalties to the best of them."""
import hashlib

import numpy as np

from . import _estimator_input as given
from ._estimator_scale import moments, standardized
from ._estimator_stopping import held_out, scored, until_it_stalls
from .analysis.spectral._penalized import along, settled, weighted
from .analysis.spectral.penalty_path import EPOCHS, PENALTIES, fold_numbers, penalty_path
from .nn import L2
from .nn.layer import check_integer, check_number
from ._countdown import Countdown
from .training import Adam, fit, predict, show_progress

PATH = "path"


class Training:
    """What classifier and regressor do in fit."""

    def _train(self, X, x, target, n_out, weights):
        """Fit a new network to x, the features X as an array, and `target` as the loss takes it."""
        check_integer(self._name, "patience", self.patience)
        check_number(self._name, "tol", self.tol)
        for name in ("path_", "feature_names_in_", "validation_scores_"):
            vars(self).pop(name, None)
        rng, held = given.generator(self._name, self.random_state), np.zeros(len(x), bool)
        if self.early_stopping:
            held = held_out(self._name, self._groups(target), self.validation_fraction, rng)
        mean, scale = moments(x[~held], self.standardize,
                              None if weights is None else weights[~held])
        x, network = standardized(x, mean, scale), self._network(x.shape[1], n_out)
        if self.penalty == PATH:
            records, patience = self._train_along(rng, network, x, target, weights), np.inf
        else:
            records = self._train_at_one(rng, network, x, target, weights, held)
            patience = self.patience
        losses, scores, record = until_it_stalls(records, self.tol, patience)
        self.network_, self.params_, self.loss_curve_ = network, record.params, losses
        self.mean_, self.scale_, self.n_features_in_ = mean, scale, x.shape[1]
        self.n_iter_, self._rows = len(losses), row_digests(x, target)
        self.penalty_ = self.path_.penalty if self.penalty == PATH else self.penalty
        names = given.feature_names(X)
        if names is not None:
            self.feature_names_in_ = names
        if self.early_stopping:
            self.validation_scores_ = scores
        return self

    def _train_at_one(self, rng, network, x, target, weights, held):
        """The records of training at self.penalty, on the samples that are not held out."""
        loss, goal, of_held = self._loss, target[~held], None
        if weights is not None:
            loss, goal = weighted(loss, goal, weights[~held]), np.arange(len(goal))
            of_held = weights[held]
        records = fit(network, network.init(rng), x[~held], goal, rng=rng, epochs=self.epochs,
                      penalties=(L2(self.penalty, "lambda_in"), L2(self.penalty, "phi")),
                      **{**self._options(), "loss": loss})
        if self.early_stopping:
            records = scored(records, lambda params: self._score(
                predict(network, params, x[held]), target[held], of_held))
        return show_progress(records, self.epochs) if self.verbose else records

    def _path(self, rng, network, x, target, weights):
        """The PenaltyPath of these samples; of one penalty only if it is fixed."""
        penalties, epochs = PENALTIES, EPOCHS
        if self.penalty != PATH:
            penalties, epochs = [self.penalty], (self.epochs, 0, 0)
        return penalty_path(rng, network, x, target, weights=weights, penalties=penalties,
                            epochs=epochs, fold=fold_numbers(rng, len(x), self._groups(target)),
                            progress=self._progress("folds, epoch"), **self._options())

    def _train_along(self, rng, network, x, target, weights):
        """Set path_ and yield the records of a network trained up to its best penalty."""
        if self.early_stopping:
            raise ValueError(f"{self._name}: early_stopping is {self.early_stopping}, expected "
                             f"False with penalty='path', which holds out samples itself")
        self.path_ = self._path(rng, network, x, target, weights)
        given = dict(weights=weights, loss=self._loss, optimizer=Adam(self.learning_rate))
        for _, record in along(rng, network, x, target, **given, batch_size=self.batch_size,
                               penalties=PENALTIES[:self.path_.best + 1], epochs=EPOCHS):
            yield record
        yield from settled(rng, network, record.params, x, target, **given,
                           penalty=self.path_.penalty, epochs=EPOCHS[2])

    def _options(self):
        return dict(loss=self._loss, optimizer=Adam(self.learning_rate),
                    batch_size=self.batch_size)

    def _progress(self, text):
        return Countdown(text) if self.verbose else None


def row_digests(x, target):
    """A number (n,) for each sample: equal ones for equal x and target."""
    rows = np.column_stack([x, target]) + 0.0                       # -0.0 becomes 0.0
    return np.array([int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest(), "big")
                     for row in rows], np.uint64)
