"""What scikit-learn asks of every estimator: its parameters by name, its tags, its routing."""
import inspect


class Estimator:
    """Base of estimators: each argument of the constructor is an attribute of the same name."""

    _estimator_type: str

    def get_params(self, deep=True):
        """{name: value} of the constructor's arguments; scikit-learn passes `deep`, unused here."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params):
        """Change arguments of the constructor; returns the estimator."""
        for name, value in params.items():
            if name not in self.get_params():
                raise ValueError(f"{self._name}: there is no parameter {name!r}, "
                                 f"expected one of {sorted(self.get_params())}")
            setattr(self, name, value)
        return self

    def __repr__(self):
        signature = inspect.signature(type(self)).parameters
        changed = [f"{name}={value!r}" for name, value in self.get_params().items()
                   if repr(value) != repr(signature[name].default)]
        return f"{self._name}({', '.join(changed)})"

    def __sklearn_tags__(self):
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags
        regressor = self._estimator_type == "regressor"
        return Tags(estimator_type=self._estimator_type,
                    target_tags=TargetTags(required=True, multi_output=regressor),
                    classifier_tags=None if regressor else ClassifierTags(),
                    regressor_tags=RegressorTags() if regressor else None)

    def get_metadata_routing(self):
        """What scikit-learn's metadata routing asks: whether fit and score take sample_weight."""
        return getattr(self, "_metadata_request", None) or self._requests()

    def set_fit_request(self, *, sample_weight):
        """Say whether routing hands sample_weight to `fit`: True, False, None or another name."""
        return self._ask("fit", sample_weight)

    def set_score_request(self, *, sample_weight):
        """Say whether routing hands sample_weight to `score`: True, False, None or another name."""
        return self._ask("score", sample_weight)

    def _ask(self, method, alias):
        requests = self.get_metadata_routing()
        getattr(requests, method).add_request(param="sample_weight", alias=alias)
        self._metadata_request = requests
        return self

    def _requests(self):
        from sklearn.utils.metadata_routing import MetadataRequest
        requests = MetadataRequest(owner=self._name)
        for method in (requests.fit, requests.score):
            method.add_request(param="sample_weight", alias=None)
        return requests

    @property
    def _name(self):
        return type(self).__name__
