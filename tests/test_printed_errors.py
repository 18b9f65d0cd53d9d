"""The error rates that the Inception-v4 paper prints."""

import inception_lib as il


def test_errors_of_one_crop():
    found = {
        (fact.network, fact.quantity): fact.value
        for fact in il.PRINTED
        if "AAAI" in fact.source and fact.quantity.endswith("1 crop")
    }
    assert found["inception_v4", "top-1 error, 1 crop"] == 20.0
    assert found["inception_resnet_v2", "top-5 error, 1 crop"] == 4.9
    assert {name for name, _ in found} <= set(il.list_models())
    assert len(found) == 10


def test_more_crops_err_less():
    facts = {(f.network, f.quantity): f.value for f in il.PRINTED if "AAAI" in f.source}
    for (network, quantity), value in facts.items():
        if quantity.endswith("144 crops"):
            assert value < facts[network, quantity.replace("144", "12")]
            assert value < facts[network, quantity.replace("144 crops", "1 crop")]
