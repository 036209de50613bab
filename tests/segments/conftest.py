from tests.campaigns.conftest import push

__all__ = ["push"]
