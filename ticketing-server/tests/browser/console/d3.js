export { scaleBand, scaleLinear } from "d3-scale";
export { area, curveMonotoneX, line, stack } from "d3-shape";
