"""The part of an estimator that says which features matter: importances, prices, a selection."""
from numbers import Real

import numpy as np

from . import _estimator_input as given
from . import refuse
from ._estimator_training import row_digests
from .analysis.spectral._names import joined
from .analysis.spectral._penalized import relevance_shares
from .analysis.spectral.alike import column_tree
from .analysis.spectral.selection import GROUP_MARGIN, MARGIN, Relevance, select


class FeatureRelevance:
    """What classifier and regressor say of their features."""

    @property
    def feature_importances_(self):
        """|lambda_in_j| sqrt(sum_i phi_ij^2) of the first layer over its sum, (n_features,).

        This is analysis.spectral.input_relevance; if standardize, that of standardized features.
        """
        self._check_fitted()
        return relevance_shares(self.network_, self.params_)

    def relevance(self, X, y, q=0.1, groups=None, margin=None, sample_weight=None):
        """Which features, or groups of them, the targets need: a Relevance.

        A feature has a price: how much the loss rises where it is drawn anew given the others, on
        samples that the network has not seen (analysis/spectral/price.py). Selected are those whose
        price is surely above a margin, at the rate q of false discoveries, and none if what the
        network explains may be chance. It asks what a feature adds to the others: of two that say
        the same neither has a price, but both as a group have. A sample counts at most 3 losses of
        the best constant: a few that are far from all others neither hide a price nor make one.

        X, y    if fit has seen some of these samples, networks are trained on folds of X and y, and
                each sample is priced by the one that has not seen it; where X and y are those of
                fit, those of its path are taken. Otherwise the fitted network prices. The source
                of the result says which it was.
        groups  None; a number, to group features by average linkage whose |correlation| is above
                it; or an integer array (n_features,), the group of each feature
        margin  a share of what the network explains, by default 0.005, or 0.002 for a number of
                groups; a margin below 0.005 doubles p
        """
        self._check_fitted()
        x = self._standard(X)
        target = self._target(y, len(x))
        refuse.share(self._name, "q", q)
        weights = sample_weight
        if weights is not None:
            weights = given.weights(self._name, weights, len(x))
        labels, names, tree = self._grouped(groups, x)
        if margin is None:
            margin = GROUP_MARGIN if isinstance(groups, Real) else MARGIN
        rng = given.generator(self._name, self.random_state)
        path, params, fold, source = self._pricing(rng, x, target, weights)
        shares = path.shares if path else self.feature_importances_
        found = select(rng, self.network_, params, fold, x, target, labels, loss=self._loss, q=q,
                       margin=margin, weights=weights, progress=self._progress("pricing, group"))
        return Relevance(names=names, groups=labels, relevance=np.bincount(labels, shares),
                         source=source, path=path, alike=tree, **found)

    def _pricing(self, rng, x, target, weights):
        """A path or None, the networks that price, the number of that for each sample, and why."""
        rows = row_digests(x, target)
        seen = np.isin(rows, self._rows).sum()
        path = getattr(self, "path_", None)
        if not seen:
            return None, (self.params_,), np.zeros(len(x), int), "on samples that fit has not seen"
        if path and np.array_equal(rows, self._rows):
            return path, path.params, path.fold, "out of fold, as fit has seen these samples"
        path = self._path(rng, self.network_, x, target, weights)
        return path, path.params, path.fold, (f"out of fold, by networks trained anew, as fit has "
                                              f"seen {seen} of these {len(x)} samples")

    def _grouped(self, groups, x):
        """The group (n_features,) of each feature, from 0 on; the groups' names; a tree or None."""
        p, tree = x.shape[1], None
        columns = getattr(self, "feature_names_in_", [f"x{j}" for j in range(p)])
        if groups is None:
            labels = np.arange(p)
        elif isinstance(groups, Real):
            tree = column_tree(x, groups, columns)
            labels = tree.group
        else:
            labels = refuse.numbers(self._name, "groups", groups, 1, "iu")
            refuse.length(self._name, "groups", labels, p)
        _, labels = np.unique(labels, return_inverse=True)
        return labels, tuple(joined([columns[j] for j in np.flatnonzero(labels == group)])
                             for group in range(labels.max() + 1)), tree
